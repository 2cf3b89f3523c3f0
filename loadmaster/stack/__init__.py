"""The project's own Prefect server and worker on this machine: started, asked, followed, and stopped without harm.

Talks to Prefect by its command line and REST only and imports none of it, which keeps every command fast.
"""
