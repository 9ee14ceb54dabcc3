"""Tolerant import of the spreadsheets that lie on a planner's disk.

A file becomes grids of raw cells (``grids``), a grid becomes a table with known columns
(``headers``), a cell becomes the text that the schema asks for (``cells``), a row becomes records
under ids (``sheets``, ``keys``). Whatever was not understood is a located problem; nothing is guessed.
"""
