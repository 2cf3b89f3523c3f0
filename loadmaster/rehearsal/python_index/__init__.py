"""The package index for Python of a rehearsal: what pip installs from, and what uploads go to."""

from loadmaster.rehearsal.python_index.application import PythonIndex

__all__ = ["PythonIndex"]
