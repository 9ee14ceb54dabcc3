"""Matching of a bureau's list of enterprises to the enterprises of a dataset."""
