"""A door without a terminal: a page on this computer that takes a workbook and gives the map and the lists.

Nothing of the work is done here: ``reading`` calls the import, ``making`` calls what the commands call. This
package keeps a session a tab (``sessions``), one worker (``worker``), what may come in and from where
(``guard``, ``uploads``), and the pages (``pages``, ``app``). ``bundle`` makes a folder for computers without
Python.
"""
