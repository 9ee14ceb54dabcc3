"""The command line: thin commands that load, call one function and render."""
