"""cargo-smart-release, which has no settings: its habits, as the changelogs that it wrote show them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from loadmaster.planning.elsewhere.common import NO_VERSION, changelog, tags
from loadmaster.planning.elsewhere.rows import SettingScope
from loadmaster.planning.elsewhere.settings import Ground, JudgedSetting, Read, left

TOOL = "cargo-smart-release"
MARKS = ("<csr-read-only-do-not-edit/>", "<csr-id-", "<csr-unknown>")
"""What it leaves in a changelog that it writes."""


def read(changelogs: Mapping[str, str], ground: Ground) -> Iterator[Read]:
    """The habits, each with the changelog that shows it."""
    written = {path: line for path, text in sorted(changelogs.items()) if (line := _first_mark(text)) is not None}
    if not written:
        return
    path, line = next(iter(written.items()))
    patterns = {package.name: _pattern(package.manifest) for package in ground.released}
    yield Read(TOOL, path, line, "tags", "NAME-vVERSION, vVERSION at the top", tags(ground, dict(patterns)))
    yield Read(TOOL, path, line, "changelogs", list(written), _changelogs(ground, tuple(written)))
    statistics = left("a release writes no statistics of commits; what is written stays")
    yield Read(TOOL, path, line, "sections", ["Commit Statistics", "Commit Details"], statistics)
    yield Read(TOOL, path, line, "versions", "by the commits", left(NO_VERSION))


def _first_mark(text: str) -> int | None:
    """The first line with one of the marks."""
    lines = enumerate(text.splitlines(), start=1)
    return next((number for number, line in lines if any(mark in line for mark in MARKS)), None)


def _pattern(manifest: str) -> str | None:
    return "v{version}" if posixpath.dirname(manifest) == "" else "{name}-v{version}"


def _changelogs(ground: Ground, paths: tuple[str, ...]) -> JudgedSetting:
    """One for each package, or one for all. The first judgement that is no wish stands for all of them."""
    judged = [changelog(SettingScope(ground, "", _owner(ground, path)), path) for path in paths]
    return next((one for one in judged if not one.wishes), judged[0])


def _owner(ground: Ground, path: str) -> str:
    folder = posixpath.dirname(path)
    return next((each.name for each in ground.released if posixpath.dirname(each.manifest) == folder), "")
