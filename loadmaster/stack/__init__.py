"""The project's own Prefect server and worker on this machine: starts, asks and follows them, and stops them without harm.

Talks to Prefect only by its command line and REST, and imports none of it, which keeps every command fast.
"""
