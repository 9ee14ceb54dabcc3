"""Bars and capacities."""
