"""`python -m loadmaster`: the command line."""

from loadmaster.cli.app import main

main()
