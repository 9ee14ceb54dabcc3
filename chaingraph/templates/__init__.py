"""The blank template that a planner fills in: a folder of CSV files, or one workbook.

What a workbook says (``content``, ``columns``, ``examples``, ``notes``) is made first; ``workbook`` writes it.
"""
