"""What the next release would write into the changelogs that a profile names: shown with a first profile, so that a person sees
whether they are understood.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from loadmaster.errors.base import LoadmasterError, clause
from loadmaster.planning.edits.changelog import headings
from loadmaster.planning.edits.changelogs import Changelog, changelogs, write_changelogs
from loadmaster.planning.edits.released import released_versions
from loadmaster.planning.profile.project import ReleaseStyle
from loadmaster.planning.tree.workspace import Workspace
from loadmaster.planning.values.value import Value

_LEVEL = "minor"
_LINES = 3


class ChangelogPreview(Value):
    """One changelog that the profile names."""

    path: str
    version: str | None
    """The version of the next section; None if none is written."""
    lines: tuple[str, ...] = ()
    """The section's first three lines that are not blank, its heading first; () if none is written."""
    why: str = ""
    """Why none is written."""


def preview_changelogs(
    texts: Mapping[str, str],
    workspace: Workspace,
    style: ReleaseStyle,
    today: date,
    proposals: Mapping[str, str] | None = None,
) -> tuple[ChangelogPreview, ...]:
    """The changelogs, by path, after a release of the next minor versions on `today`; () if no version can be planned.

    `proposals` are the entries that a release would make from commits, by path.
    """
    excluded = {rule.package for rule in style.exclude}
    packages = [each for each in workspace.packages if each.is_publishable and each.name not in excluded]
    try:
        versions = released_versions(packages, style.policy, _LEVEL, {})
    except LoadmasterError:
        return ()  # the plan says why
    return tuple(
        _preview(each, texts, proposals or {}, today) for each in changelogs(texts, workspace, versions, style)
    )


def _preview(
    changelog: Changelog, texts: Mapping[str, str], proposals: Mapping[str, str], today: date
) -> ChangelogPreview:
    if changelog.version is None:
        why = f"{', '.join(changelog.packages)} share it with others, in several versions"
        return ChangelogPreview(path=changelog.path, version=None, why=why)
    try:
        written = write_changelogs(texts, [changelog], proposals, today)
    except LoadmasterError as error:
        return ChangelogPreview(path=changelog.path, version=None, why=clause(error.what))
    if not written:
        return ChangelogPreview(path=changelog.path, version=None, why="there is no such file")
    own = next(heading for heading in headings(written[0].text) if heading.version == changelog.version)
    below = [line for line in written[0].text.splitlines()[own.line - 1 :] if line.strip()]
    return ChangelogPreview(path=changelog.path, version=changelog.version, lines=tuple(below[:_LINES]))


def previews_text(previews: tuple[ChangelogPreview, ...]) -> str:
    """For a terminal."""
    if not previews:
        return "no changelog would be written."
    return "\n".join(line for preview in previews for line in _preview_lines(preview))


def _preview_lines(preview: ChangelogPreview) -> list[str]:
    if preview.version is None:
        return [f"{preview.path} would not change: {preview.why}."]
    return [f"{preview.path} would say of {preview.version}:", *(f"    {line}" for line in preview.lines)]
