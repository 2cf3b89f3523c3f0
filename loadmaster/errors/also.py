"""What CI releases beside crates and assets: a package that does not come, or is not what was promised."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from loadmaster.errors.base import LoadmasterError, in_one_line, some_names


class PackageIndexUnreachable(LoadmasterError):
    """The package index did not answer, or answered that it cannot."""

    transient: ClassVar[bool] = True
    outage: ClassVar[bool] = True

    def __init__(self, url: str, told: str) -> None:
        super().__init__(
            f"The package index gave no usable answer at `{url}`: {in_one_line(told)}",
            why="the network, a proxy, or the index itself is down for the moment.",
            fix="wait until it answers, then try again.",
        )


class PackageIndexUnknown(LoadmasterError):
    """Nobody says where the package index is."""

    def __init__(self, package: str) -> None:
        super().__init__(
            f"Where `{package}` is published is not known.",
            why="its table `also` names no `index`, `PIP_INDEX_URL` is not set, and this Python has no pip that knows.",
            fix="give `index` in the profile: the address of the index's simple API.",
        )


class PackageNotThere(LoadmasterError):
    """CI is done, and the index does not show the package whole."""

    def __init__(self, package: str, lacks: Sequence[str], job: str, told: str) -> None:
        super().__init__(
            f"`{package}` lacks {', '.join(lacks)} on its index; `{job}`, which publishes it, {in_one_line(told)}",
            why="the job failed, was skipped, builds fewer platforms than the profile promises, or the index lags.",
            fix="look at the job; let the forge run it again once the cause is mended, then try again. If fewer are meant, change "
            "`also` in the profile.",
        )


class PackageWithdrawn(LoadmasterError):
    """Files of the package are yanked."""

    def __init__(self, package: str, files: Sequence[str]) -> None:
        super().__init__(
            f"Of `{package}` these files are yanked: {some_names(files)}",
            why="a person took them back on the index.",
            fix="find out why; make them count again on the index, or release a higher version.",
        )


class PackageCheckFailed(LoadmasterError):
    """The package was installed as a user would, and is not right."""

    def __init__(self, package: str, told: str) -> None:
        super().__init__(
            f"`{package}` does not install as it should: {in_one_line(told)}",
            why="its wheels lack a file, need something that is not declared, or have another version than their name says.",
            fix="install it by hand into an empty environment and look; a file on the index is never replaced, so "
            "release a higher version.",
        )
