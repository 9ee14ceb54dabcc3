"""``python -m chaingraph`` is the command line."""

from chaingraph.cli.main import main

main()
