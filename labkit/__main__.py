"""``python -m labkit``: the command line where scripts are not on the path."""

from labkit.cli import main

main()
