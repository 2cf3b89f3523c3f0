"""A Python package on an index: read from its simple API (PEP 691), and compared with what the profile promises.

Reads and compares, and asks nobody. Versions and file names are those of Python's packaging rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version
from pydantic import ConfigDict, Field, ValidationError

from loadmaster.planning.profile.also_released import AlsoReleased
from loadmaster.planning.values.json_text import NotJson, read_json
from loadmaster.planning.values.value import Value


class IndexedFile(Value):
    """One file of a project. An index may tell more of it."""

    model_config = ConfigDict(extra="ignore")

    filename: str
    url: str
    hashes: Mapping[str, str] = Field(default_factory=dict)
    yanked: bool | str = False
    """`True`, or the reason; an empty reason counts, too."""

    @property
    def is_yanked(self) -> bool:
        return self.yanked is not False

    @property
    def sha256(self) -> str | None:
        return self.hashes.get("sha256")


class IndexedProject(Value):
    model_config = ConfigDict(extra="ignore")

    name: str
    files: tuple[IndexedFile, ...]


class NotAnIndexPage(ValueError):
    """It is not what the simple API gives."""


def read_project(page: bytes) -> IndexedProject:
    """The answer in JSON. Raises `NotAnIndexPage`."""
    try:
        return IndexedProject.model_validate(read_json(page))
    except (NotJson, ValidationError) as error:
        raise NotAnIndexPage(str(error).splitlines()[0]) from error


def python_version(version: str) -> str | None:
    """As Python writes it: `1.0.0-rc.1` is `1.0.0rc1`. None for one that Python cannot write, such as `1.0.0-nightly.2`."""
    try:
        return str(Version(version))
    except InvalidVersion:
        return None


def files_of(project: IndexedProject, version: str) -> tuple[IndexedFile, ...]:
    """Its files of that version, given as Python writes it."""
    return tuple(file for file in project.files if _version_of(file.filename) == version)


def lacking(promised: AlsoReleased, files: Sequence[IndexedFile]) -> Iterator[str]:
    """What of the promised files is not there."""
    platforms = [platform for file in files for platform in _platforms_of(file.filename)]
    for pattern in promised.wheels:
        if not any(fnmatchcase(platform, pattern) for platform in platforms):
            yield "a wheel" if pattern == "*" else f"a wheel for `{pattern}`"
    if promised.sdist and not any(file.filename.endswith((".tar.gz", ".zip")) for file in files):
        yield "the source archive"


def without_digest(files: Sequence[IndexedFile]) -> tuple[str, ...]:
    return tuple(file.filename for file in files if file.sha256 is None)


def yanked(files: Sequence[IndexedFile]) -> tuple[str, ...]:
    return tuple(file.filename for file in files if file.is_yanked)


def _version_of(filename: str) -> str | None:
    try:
        if filename.endswith(".whl"):
            return str(parse_wheel_filename(filename)[1])
        return str(parse_sdist_filename(filename)[1])
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
        return None


def _platforms_of(filename: str) -> tuple[str, ...]:
    if not filename.endswith(".whl"):
        return ()
    try:
        return tuple(sorted({tag.platform for tag in parse_wheel_filename(filename)[3]}))
    except (InvalidWheelFilename, InvalidVersion):
        return ()
