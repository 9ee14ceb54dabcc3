"""The report: one model, five formats."""
