"""Names of projects and of files, as PyPI takes them: values in, values out."""

from __future__ import annotations

import re
from typing import NamedTuple

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)

_NAME = re.compile(r"^([A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9])$", re.IGNORECASE)


class DistributionName(NamedTuple):
    project: str
    """Normalised."""
    version: str


def normalised(name: str) -> str:
    return canonicalize_name(name)


def is_name(name: str) -> bool:
    return _NAME.match(name) is not None


def of_file(filename: str) -> DistributionName | None:
    """What a wheel's or a source archive's name says; None if it is neither."""
    try:
        if filename.endswith(".whl"):
            name, version, _, _ = parse_wheel_filename(filename)
        else:
            name, version = parse_sdist_filename(filename)
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None
    return DistributionName(name, str(version))
