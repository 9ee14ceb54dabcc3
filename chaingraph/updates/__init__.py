"""Keeping a dataset true: what changed between two states, and bringing new data in."""
