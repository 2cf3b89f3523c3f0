"""The steps of a release, without Prefect. Each asks or changes the world through the clients; `planning` decides.

`tasks/` gives the steps names, retries and caches; the command line calls some of them directly.
"""
