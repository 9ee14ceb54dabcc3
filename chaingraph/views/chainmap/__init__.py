"""The map of a chain."""
