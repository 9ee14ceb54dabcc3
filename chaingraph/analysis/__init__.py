"""Analyses: plain functions that read a dataset and return a Result."""
