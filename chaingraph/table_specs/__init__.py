"""The Table Schema files of all tables."""
