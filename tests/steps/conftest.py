"""The job that the steps act on, and the home of a world whose permissions a test makes."""

from tests.kit.permission_worlds import home
from tests.kit.prepared_job import job, opening, prepared

__all__ = ["home", "job", "opening", "prepared"]
