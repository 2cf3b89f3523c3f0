"""Checks of commits: statuses that somebody posts, check runs of workflows' jobs, and those that a scenario plays."""
