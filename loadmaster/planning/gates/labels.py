"""A release's tag, read: the version that it names and the packages that it stands for.

Knows the shapes that public workspaces use; a profile's pattern, where there is one, is the only shape.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from loadmaster.errors.request import MalformedVersion
from loadmaster.planning.plan import ReleasePlan
from loadmaster.planning.profile.project import Project
from loadmaster.planning.values.value import Value
from loadmaster.planning.values.version import parse

_FLOATING = re.compile(r"v?\d+|latest|stable|beta|nightly|edge|next|current|rolling|continuous")
_LEAD = re.compile(r"^(?:release[-/])?v?/?(?=\d)")
_REF = "refs/tags/"


class Label(Value):
    """One tag of a release."""

    tag: str
    told: str
    """What the pattern leaves of the tag; the whole tag if it does not follow the pattern."""
    crates: tuple[str, ...]
    """The packages that it stands for."""

    @property
    def version(self) -> str | None:
        """None if what it tells is not strict SemVer."""
        try:
            return str(parse(self.told))
        except MalformedVersion:
            return None

    @property
    def floats(self) -> bool:
        """Whether it is an alias that moves, such as `v1` or `latest`, and names no release."""
        return _FLOATING.fullmatch(self.tag) is not None


def labels_of(plan: ReleasePlan, project: Project) -> tuple[Label, ...]:
    return tuple(
        Label(tag=tag.name, told=_by_pattern(tag.name, project, tag.crates[0]) or tag.name, crates=tag.crates)
        for tag in plan.tags
    )


def read_label(tag: str, released: Collection[str], project: Project | None) -> Label:
    """The label of a tag that somebody named. Without a profile a package's name may lead it: `NAME-v1.2.3`.

    `refs/tags/` may stand before it, as in what a forge tells its jobs.
    """
    tag = tag.removeprefix(_REF)
    if project is not None:
        told = {name: text for name in sorted(released) if (text := _by_pattern(tag, project, name))}
        named = [name for name in told if project.release.names_package(name)]
        return Label(tag=tag, told=next(iter(told.values()), tag), crates=tuple(named or told or sorted(released)))
    for name in _longest_first(released):
        if tag.startswith(name) and (match := re.fullmatch(r"[-/@_]v?(\d.*)", tag[len(name) :])):
            return Label(tag=tag, told=match[1], crates=(name,))
    return Label(tag=tag, told=_LEAD.sub("", tag), crates=tuple(sorted(released)))


def _by_pattern(tag: str, project: Project, package: str) -> str | None:
    """What stands for the version; None if the tag does not follow the package's pattern."""
    before, _, after = project.release.tag_pattern(package).partition("{version}")
    before, after = before.format(name=package), after.format(name=package)
    if not (tag.startswith(before) and tag.endswith(after)):
        return None
    return tag.removeprefix(before).removesuffix(after) or None


def _longest_first(names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda each: (-len(each), each))
