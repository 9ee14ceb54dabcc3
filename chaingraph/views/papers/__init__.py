"""Sheets that go to people: calls, dispatch, questionnaire."""
