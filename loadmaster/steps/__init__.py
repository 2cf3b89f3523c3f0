"""The steps of a release, without Prefect: each asks or changes the world through the clients and decides nothing alone.

`tasks/` gives them names, retries and caches; the command line calls some of them directly.
"""
