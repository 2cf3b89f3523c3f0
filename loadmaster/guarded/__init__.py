"""Prefect's server and worker, as this project runs them: the server answers nobody's pages, the worker runs our deployments.

The one room of the library that imports Prefect: it is what the stack starts, as processes of their own.
"""
