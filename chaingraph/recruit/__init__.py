"""Recruitment: who could fill a gap, why, and how far such a ranking can be trusted."""
