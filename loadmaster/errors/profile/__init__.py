"""Errors of profiles that lie in their repository, and of projects that are made known."""
