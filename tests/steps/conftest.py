"""The job that the steps act on."""

from tests.kit.prepared_job import job, opening, prepared

__all__ = ["job", "opening", "prepared"]
