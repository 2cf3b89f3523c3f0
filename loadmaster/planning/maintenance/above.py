"""Whether a version may come out below what is out already: a maintenance release of an older series may.

Everything is judged by numbers. Build metadata does not count, and a yanked version counts like any other.
"""

from __future__ import annotations

from collections.abc import Iterable

from semver import Version

from loadmaster.planning.values.value import Value
from loadmaster.planning.values.version import parse, series_of


class Above(Value):
    """The highest published version above a planned one that counts, and why the planned one may come out all the same."""

    highest: str
    """Of those that keep it back; of the others if none does."""
    keeps_back: bool
    """False for a maintenance release of an older series."""


def highest_above(planned: str, published: Iterable[str], *, on_maintenance_branch: bool = False) -> Above | None:
    """What `published` has above the planned version; None if nothing of it counts.

    A pre-release above a planned version counts only for a pre-release of the same three numbers. A stable version of the same
    series keeps the planned one back; so does one of another series, unless the planned one's series has a version. On a
    maintenance branch the series is that of the first two numbers, and may be new.
    """
    version = parse(planned)
    known = [parse(text) for text in published]
    above = [one for one in known if one > version and _counts(one, version)]
    if not above:
        return None

    def same_line(one: Version) -> bool:
        if on_maintenance_branch:
            return (one.major, one.minor) == (version.major, version.minor)
        return series_of(str(one)) == series_of(planned)

    has_line = on_maintenance_branch or any(same_line(one) for one in known)
    back = [one for one in above if same_line(one) or not has_line]
    return Above(highest=str(max(back or above)), keeps_back=bool(back))


def _counts(above: Version, planned: Version) -> bool:
    return above.prerelease is None or (
        planned.prerelease is not None and above.finalize_version() == planned.finalize_version()
    )
