"""The buckets of one release's rate limits, in a file of the run's directory, where they outlive this process."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from loadmaster.errors.files import DiskFull, NotWritten
from loadmaster.planning.pace import Buckets
from loadmaster.planning.values.rates import Action, Bucket
from loadmaster.run.store import write_atomically

_BUCKETS = TypeAdapter(dict[Action, Bucket])


class KeptBuckets:
    """Write every change before it takes effect: a Retry continues to count where this process was killed."""

    def __init__(self, file: Path) -> None:
        self._file, self._last = file, self._read(file)

    def read(self) -> Buckets | None:
        """None if nothing was written, or if it cannot be read."""
        return self._last

    def write(self, buckets: Buckets) -> None:
        """Writes only if something has changed.

        What cannot be written is left out: without it a Retry meets a limit and learns from that, which is better than a release
        that stops in the midst of its uploads.
        """
        if buckets != self._last:
            self._last = buckets
            with suppress(DiskFull, NotWritten):
                write_atomically(self._file, _BUCKETS.dump_json(dict(buckets)))

    @staticmethod
    def _read(file: Path) -> Buckets | None:
        try:
            return _BUCKETS.validate_json(file.read_bytes())
        except (FileNotFoundError, ValidationError):
            return None
