"""A file of the sparse index as it was at an instant, from what it is today.

Versions are only ever added to a file, with the instant of their publication. Whether a version was yanked by then it does
not tell: it says only whether it is today.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime

from semver import Version

PUBTIME = "%Y-%m-%dT%H:%M:%SZ"
_PUBTIME_OF_LINE = re.compile(rb'"pubtime":\s*"([^"]*)"')
_YANKED = re.compile(rb'"yanked":\s*true')


def start_of_release(own: datetime, starts: Iterable[datetime], uploads: Iterable[datetime]) -> datetime:
    """The instant as of which a release packages, so that a resumed one makes the bytes that its first attempt made.

    `own` is the start of this run, `starts` are those of earlier runs, `uploads` the instants when crates of this release
    came out. A run that nothing came of is passed over. Where the release began elsewhere, its first upload is its start.
    """
    first = min(uploads, default=None)
    if first is None:
        return own
    return max((start for start in (*starts, own) if start <= first), default=first)


def lines_as_of(lines: Iterable[bytes], instant: datetime) -> tuple[bytes, ...]:
    """The lines that were out at `instant`. A line without `pubtime` is older than that field, and stays.

    A version that is yanked today is offered where nothing compatible with it was out besides, and its successor came only
    later: a yank follows its successor, and whoever needed the version then had it.
    """
    last = instant.astimezone(UTC).strftime(PUBTIME).encode()
    out: list[bytes] = []
    later: list[bytes] = []
    for line in lines:
        found = _PUBTIME_OF_LINE.search(line)
        (out if found is None or found[1] <= last else later).append(line)
    if later and any(map(_YANKED.search, out)):
        return _offered(out, later)
    return tuple(out)


def _offered(out: list[bytes], later: list[bytes]) -> tuple[bytes, ...]:
    succeeded = {_series(_version(line)) for line in later}
    available = {_series(_version(line)) for line in out if not _YANKED.search(line)}
    newest: dict[tuple[int, ...], bytes] = {}
    for line in out:
        series = _series(_version(line))
        if series in succeeded - available and (series not in newest or _version(line) > _version(newest[series])):
            newest[series] = line
    revived = set(newest.values())
    return tuple(_YANKED.sub(b'"yanked":false', line) if line in revived else line for line in out)


def _version(line: bytes) -> Version:
    return Version.parse(json.loads(line)["vers"])


def _series(version: Version) -> tuple[int, ...]:
    """Versions that a caret requirement takes for one another; a pre-release is a series of its own."""
    if version.prerelease is not None:
        return (version.major, version.minor, version.patch, -1)
    if version.major:
        return (version.major,)
    return (0, version.minor) if version.minor else (0, 0, version.patch)
