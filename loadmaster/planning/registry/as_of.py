"""A file of the sparse index as it was at an instant, computed from the file as it is today.

Versions are only ever added to a file, with the instant of their publication. The file shows which versions are yanked today.
It does not show when they were yanked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from semver import Version

from loadmaster.planning.values.json_text import read_json

PUBTIME = "%Y-%m-%dT%H:%M:%SZ"
_PUBTIME_OF_LINE = re.compile(rb'"pubtime":\s*"([^"]*)"')
_YANKED = re.compile(rb'"yanked":\s*true')


def start_of_release(own: datetime, starts: Iterable[datetime], uploads: Iterable[datetime]) -> datetime:
    """The instant as of which a release packages. A resumed release then makes the same bytes as its first attempt.

    `own` is the start of this run, `starts` are those of earlier runs, `uploads` the instants when crates of this release
    were published. Earlier runs that uploaded nothing do not count. If the release began elsewhere, its first upload is its
    start.
    """
    first = min(uploads, default=None)
    if first is None:
        return own
    return max((start for start in (*starts, own) if start <= first), default=first)


def lines_as_of(lines: Iterable[bytes], instant: datetime) -> tuple[bytes, ...]:
    """The lines that existed at `instant`. A line without `pubtime` is older than that field, and counts.

    The newest version of a series counts as not yanked if two things hold: all versions that the series had at `instant` are
    yanked today, and a later version of the series followed. People yank a version after they publish its successor, so at
    `instant` this one was still available.
    """
    last = instant.astimezone(UTC).strftime(PUBTIME).encode()
    earlier: list[bytes] = []
    later: list[bytes] = []
    for line in lines:
        match = _PUBTIME_OF_LINE.search(line)
        (earlier if match is None or match[1] <= last else later).append(line)
    if later and any(map(_YANKED.search, earlier)):
        return _revive_yanked(earlier, later)
    return tuple(earlier)


def _revive_yanked(earlier: list[bytes], later: list[bytes]) -> tuple[bytes, ...]:
    succeeded = {_series(_version(line)) for line in later}
    available = {_series(_version(line)) for line in earlier if not _YANKED.search(line)}
    newest: dict[tuple[int, ...], bytes] = {}
    for line in earlier:
        series = _series(_version(line))
        if series in succeeded - available and (series not in newest or _version(line) > _version(newest[series])):
            newest[series] = line
    revived = set(newest.values())
    return tuple(_YANKED.sub(b'"yanked":false', line) if line in revived else line for line in earlier)


def _version(line: bytes) -> Version:
    return Version.parse(read_json(line)["vers"])


def _series(version: Version) -> tuple[int, ...]:
    """The versions that a caret requirement accepts for one another. The pre-releases of one version are a series of their own."""
    if version.prerelease is not None:
        return (version.major, version.minor, version.patch, -1)
    if version.major:
        return (version.major,)
    return (0, version.minor) if version.minor else (0, 0, version.patch)
