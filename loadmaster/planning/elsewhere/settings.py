"""A setting of another tool, and the judgement of it: what it becomes in a profile, or why it is left."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from pydantic import Field, JsonValue

from loadmaster.planning.profile.tag_patterns import Patterns
from loadmaster.planning.tree.workspace import Package, Workspace
from loadmaster.planning.values.value import Value


class SettingFate(StrEnum):
    """What came of a setting."""

    BECAME = "became"
    """A setting of the profile."""
    ALREADY = "already"
    """Nothing, because Loadmaster does so anyway."""
    LEFT = "left"
    """Nothing: `why` says what is otherwise here, or what to do by hand."""
    UNKNOWN = "unknown"
    """Nothing: Loadmaster does not know the setting."""


class Setting(Value):
    """One setting that was found, in the document of `loadmaster init --json`."""

    tool: str
    file: str
    line: int | None
    """None if it is a habit that a file shows, and no line of it."""
    key: str
    """As the tool's documentation writes it, with its tables."""
    value: str
    """As JSON, shortened."""
    fate: SettingFate
    became: str = ""
    """The settings of the profile."""
    why: str = ""


class Wish(Value):
    """What a setting of the profile should be."""

    setting: str
    """`release.tag`, for example."""
    value: JsonValue
    """One element, for a setting that is a list."""
    package: str = ""
    """For a setting that is by package."""

    @property
    def is_element(self) -> bool:
        """Whether several wishes for the setting can be fulfilled."""
        return self.setting in ("release.branches", "release.exclude", "release.files", "registry.owners")

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is for. Two wishes for the same should have the same value."""
        return self.setting, self.package, json.dumps(self.value, sort_keys=True) if self.is_element else ""

    @property
    def text(self) -> str:
        place = f"{self.setting}.{self.package}" if self.package else self.setting
        return f"{place} {'has' if self.is_element else '='} {json.dumps(self.value, ensure_ascii=False)}"


class JudgedSetting(NamedTuple):
    """The judgement of one setting."""

    fate: SettingFate
    wishes: tuple[Wish, ...] = ()
    why: str = ""


class Read(NamedTuple):
    """A setting that was read, and its judgement."""

    tool: str
    file: str
    line: int | None
    key: str
    value: object
    judged: JudgedSetting


class Ground(Value):
    """What the repository shows by itself: settings are judged against it."""

    workspace: Workspace
    released: tuple[Package, ...]
    independent: bool
    """Whether the released packages have versions of their own."""
    branch: str
    forge: str | None
    patterns: Patterns
    """What the tags show."""
    paths: frozenset[str] = frozenset()
    """All tracked files."""
    texts: Mapping[str, str] = Field(default_factory=dict)
    """The texts of the changelogs, and of the files that the settings name."""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(package.name for package in self.released)


def became(*wishes: Wish, why: str = "") -> JudgedSetting:
    return JudgedSetting(SettingFate.BECAME, wishes, why)


def already(why: str = "") -> JudgedSetting:
    return JudgedSetting(SettingFate.ALREADY, (), why)


def left(why: str) -> JudgedSetting:
    return JudgedSetting(SettingFate.LEFT, (), why)
