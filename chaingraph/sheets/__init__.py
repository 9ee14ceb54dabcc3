"""Sheets as people keep them: files, header words, layouts, rows, cells, units, dates."""
