"""The job of the release that is smoke tested."""

from tests.kit.prepared_job import job, opening, prepared

__all__ = ["job", "opening", "prepared"]
