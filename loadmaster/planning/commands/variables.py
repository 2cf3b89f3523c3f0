"""The environment variables that tell a command of the project's own what is released."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time


def variables(
    versions: Mapping[str, str], previous: Mapping[str, str], tags: Sequence[str], today: date
) -> dict[str, str]:
    """`versions` and `previous` are by released crate, dependencies first. What would not be one for all is left out.

    `SOURCE_DATE_EPOCH` is the beginning of the day, so that two releases on one day make the same.
    """
    midnight = datetime.combine(today, time(), UTC)
    told = {
        "LOADMASTER_DATE": today.isoformat(),
        "LOADMASTER_PACKAGES": _listed(versions),
        "LOADMASTER_PREVIOUS_PACKAGES": _listed(previous),
        "LOADMASTER_TAGS": " ".join(tags),
        "SOURCE_DATE_EPOCH": str(int(midnight.timestamp())),
        "GIT_OPTIONAL_LOCKS": "0",  # `git status` writes nothing
    }
    single = {
        "LOADMASTER_VERSION": set(versions.values()),
        "LOADMASTER_PREVIOUS_VERSION": set(previous.values()),
        "LOADMASTER_TAG": set(tags),
    }
    return told | {name: next(iter(values)) for name, values in single.items() if len(values) == 1}


def _listed(versions: Mapping[str, str]) -> str:
    return " ".join(f"{name}={version}" for name, version in versions.items())
