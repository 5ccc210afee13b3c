"""`python -m server` is the `oifr` command."""

from server.cli import main

main()
