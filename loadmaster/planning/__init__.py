"""What a release must bring about: pure values, and the decisions over them.

Nothing here imports Prefect, the network, git, Docker, the environment or the clock, and nothing opens a file. Everything
comes as an argument, `today` included. Ruff's list of banned APIs enforces this.
"""
