"""Reads a release's tag: the version that it names and the packages that it is for.

Knows the patterns that public workspaces use. If the profile has a pattern, only that one counts.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from loadmaster.errors.request import MalformedVersion
from loadmaster.planning.plan import ReleasePlan, Tag
from loadmaster.planning.profile.project import Project
from loadmaster.planning.profile.tag_name import version_in
from loadmaster.planning.values.value import Value
from loadmaster.planning.values.version import parse

_FLOATING = re.compile(r"v?\d+|latest|stable|beta|nightly|edge|next|current|rolling|continuous")
_LEAD = re.compile(r"^(?:release[-/])?v?/?(?=\d)")
_REF = "refs/tags/"


class Label(Value):
    """One tag of a release."""

    tag: str
    version_text: str
    """The part of the tag that should be the version; the whole tag if it does not follow the pattern."""
    crates: tuple[str, ...]
    """The packages that it is for."""

    @property
    def version(self) -> str | None:
        """The version; None if the text is not strict SemVer."""
        try:
            return str(parse(self.version_text))
        except MalformedVersion:
            return None

    @property
    def floats(self) -> bool:
        """Whether it is an alias that moves, such as `v1` or `latest`, and names no release."""
        return _FLOATING.fullmatch(self.tag) is not None


def labels_of(plan: ReleasePlan, project: Project) -> tuple[Label, ...]:
    return tuple(
        Label(
            tag=tag.name,
            version_text=_version_part(tag.name, project, tag.crates[0]) or tag.name,
            crates=_with_its_version(tag, project),
        )
        for tag in plan.tags
    )


def read_label(tag: str, released: Collection[str], project: Project | None) -> Label:
    """The label of a tag that somebody named. Without a profile the tag may begin with a package's name: `NAME-v1.2.3`.

    It may also begin with `refs/tags/`, as in the variables that a forge gives to its jobs.
    """
    tag = tag.removeprefix(_REF)
    if project is not None:
        own = sorted(name for name in released if name not in project.release.tagged_with)
        texts = {name: text for name in own if (text := _version_part(tag, project, name))}
        named = [name for name in texts if project.release.names_package(name)]
        crates = tuple(named or texts or sorted(released))
        return Label(tag=tag, version_text=next(iter(texts.values()), tag), crates=crates)
    for name in _longest_first(released):
        if tag.startswith(name) and (match := re.fullmatch(r"[-/@_]v?(\d.*)", tag[len(name) :])):
            return Label(tag=tag, version_text=match[1], crates=(name,))
    return Label(tag=tag, version_text=_LEAD.sub("", tag), crates=tuple(sorted(released)))


def _with_its_version(tag: Tag, project: Project) -> tuple[str, ...]:
    """The tag's crates, without those that have no tag of their own: they are in other versions."""
    return tuple(name for name in tag.crates if name not in project.release.tagged_with)


def _version_part(tag: str, project: Project, package: str) -> str | None:
    """The text in the version's place; None if the tag does not follow the package's pattern."""
    return version_in(tag, project.release.tag_pattern(package), package)


def _longest_first(names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda name: (-len(name), name))
