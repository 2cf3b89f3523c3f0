"""Maintenance releases: what may come out below what is out already, and which release stays the latest."""
