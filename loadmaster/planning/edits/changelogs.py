"""Which changelogs a release writes, and their new text: one changelog for all packages, or one for each.

Knows the profile's style and the packages. `changelog` knows the format of a changelog.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date

from loadmaster.errors.edits import ChangelogHeadings, ChangelogTooLong, HeadingOfSeveral, SeveralUnreleased
from loadmaster.planning.edits.changelog import (
    add_notes,
    headings,
    is_understood,
    newest_notes,
    notes,
    obsolete_line,
    release_heading,
    waits_for_entries,
)
from loadmaster.planning.edits.changelog_entries import entries_like
from loadmaster.planning.profile.policy import Policy
from loadmaster.planning.profile.project import ReleaseStyle
from loadmaster.planning.profile.tag_name import tag_name, version_in
from loadmaster.planning.tree.tree import sibling_path
from loadmaster.planning.tree.workspace import Package, Workspace
from loadmaster.planning.values.toml_text import require_no_mark
from loadmaster.planning.values.value import Value


class Changelog(Value):
    """One changelog of packages that get a new version."""

    path: str
    packages: tuple[str, ...]
    """The packages that it belongs to."""
    version: str | None
    """The version of its new section. None if it belongs to packages that do not all move to one version: nobody knows which
    entries are whose."""


class WrittenChangelog(Value):
    """A changelog as the release leaves it."""

    path: str
    packages: tuple[str, ...]
    version: str
    text: str
    proposed: bool
    """Whether the section has entries that were proposed from commits."""

    @property
    def notes(self) -> str:
        return notes(self.text, self.version)


class NotesScope(Value):
    """The commits that the entries of a changelog come from."""

    tags: tuple[str, ...] = ()
    """The tags of its releases that the released commit contains."""
    include: tuple[str, ...] = ()
    """The folders whose commits count; () for the whole repository."""
    exclude: tuple[str, ...] = ()


def changelog_globs(style: ReleaseStyle) -> tuple[str, ...]:
    """Globs of the changelogs to read from a tree."""
    if style.changelog is None:
        return ()
    if style.policy is not Policy.INDEPENDENT:
        return (style.changelog,)
    return (style.changelog, f"**/{posixpath.basename(style.changelog)}", *sorted({*style.changelogs.values()}))


def changelog_places(workspace: Workspace, style: ReleaseStyle) -> tuple[str, ...]:
    """Paths where the release may find a changelog to write."""
    if style.changelog is None:
        return ()
    if style.policy is not Policy.INDEPENDENT:
        return (style.changelog,)
    return tuple(sorted({style.changelog, *(_place(package, style) for package in workspace.packages)}))


def _place(package: Package, style: ReleaseStyle) -> str:
    """The path of a package's own changelog, whether it is there or not."""
    beside = sibling_path(package.manifest, posixpath.basename(style.changelog or ""))
    return style.changelogs.get(package.name, beside)


def is_in_use(path: str, text: str) -> bool:
    """Whether the changelog does not say that another took its place. Raises `ChangelogTooLong`."""
    try:
        return obsolete_line(text) is None
    except ChangelogTooLong as error:
        raise ChangelogTooLong(error.characters, error.lines, path) from error


def owners(texts: Mapping[str, str], workspace: Workspace, style: ReleaseStyle) -> dict[str, tuple[Package, ...]]:
    """The packages that each changelog belongs to, by path.

    In lockstep all packages have the profile's changelog, whether it exists or not. If packages have versions of their own,
    each has the one of `texts` that the profile names for it, or else that in its directory. If no package has one, all share the
    profile's. A file that says that another took its place is nobody's.
    """
    if style.changelog is None:
        return {}
    if style.policy is not Policy.INDEPENDENT:
        return {style.changelog: workspace.packages}
    own = dict[str, tuple[Package, ...]]()
    for package in workspace.packages:
        path = _place(package, style)
        if package.name in style.changelogs or (path in texts and is_in_use(path, texts[path])):
            own[path] = (*own.get(path, ()), package)
    if not own and style.changelog in texts and is_in_use(style.changelog, texts[style.changelog]):
        return {style.changelog: workspace.packages}
    return own


def changelogs(
    texts: Mapping[str, str], workspace: Workspace, versions: Mapping[str, str], style: ReleaseStyle
) -> tuple[Changelog, ...]:
    """The changelogs of the packages in `versions`, the planned versions of all packages that get a new one.

    Beside packages with changelogs of their own, those without have none that a release could write: the profile's at the
    top may be theirs, so it is named, and has no version.
    """
    own = owners(texts, workspace, style)
    written = [
        _changelog(path, packages, versions, style)
        for path, packages in own.items()
        if any(package.name in versions for package in packages)
    ]
    keeping = {package.name for packages in own.values() for package in packages}
    without = tuple(
        package.name
        for package in workspace.packages
        if package.name in versions and package.name not in keeping and _is_released(package, style)
    )
    top = texts.get(style.changelog or "", "")
    if own and without and style.changelog is not None and style.changelog not in own and is_understood(top):
        written.append(Changelog(path=style.changelog, packages=without, version=None))
    return tuple(sorted(written, key=lambda changelog: changelog.path))


def _changelog(path: str, packages: Iterable[Package], versions: Mapping[str, str], style: ReleaseStyle) -> Changelog:
    moving = tuple(package.name for package in packages if package.name in versions)
    planned = {versions[name] for name in moving}
    stays = any(package.name not in versions and _is_released(package, style) for package in packages)
    shared = style.policy is Policy.INDEPENDENT and (stays or len(planned) > 1)
    return Changelog(path=path, packages=moving, version=None if shared else versions[moving[0]])


def _is_released(package: Package, style: ReleaseStyle) -> bool:
    return package.is_publishable and package.name not in {rule.package for rule in style.exclude}


def write_changelogs(
    texts: Mapping[str, str], candidates: Iterable[Changelog], proposals: Mapping[str, str], today: date
) -> tuple[WrittenChangelog, ...]:
    """Those of `candidates` that exist and have one version, with a section for it.

    `proposals` are entries, by path, for a section that has none. Raises `ByteOrderMark` and what `release_heading` raises.
    """
    return tuple(
        _write(changelog, changelog.version, texts[changelog.path], proposals.get(changelog.path, ""), today)
        for changelog in candidates
        if changelog.version is not None and changelog.path in texts
    )


def _write(changelog: Changelog, version: str, before: str, proposal: str, today: date) -> WrittenChangelog:
    require_no_mark(changelog.path, before)
    try:
        headed = release_heading(before, version, today)
        text = add_notes(headed, version, entries_like(newest_notes(before, version), proposal)) if proposal else headed
    except ChangelogHeadings as error:
        raise ChangelogHeadings(error.version, error.lines, changelog.path) from error
    except SeveralUnreleased as error:
        raise SeveralUnreleased(error.lines, changelog.path) from error
    except HeadingOfSeveral as error:
        raise HeadingOfSeveral(error.heading, error.line, changelog.path) from error
    except ChangelogTooLong as error:
        raise ChangelogTooLong(error.characters, error.lines, changelog.path) from error
    return WrittenChangelog(
        path=changelog.path, packages=changelog.packages, version=version, text=text, proposed=text != headed
    )


def proposal_scopes(
    texts: Mapping[str, str], workspace: Workspace, style: ReleaseStyle, asked: Collection[str], tags: Collection[str]
) -> dict[str, NotesScope]:
    """The changelogs that wait for entries, by path, with the commits to make the entries from.

    `asked` are the packages that the release names, () for all. `tags` are those on commits that the released one contains.
    A changelog whose newest release has none of these tags gets no proposal: nobody knows where its commits begin.
    """
    scopes = {}
    for path, packages in owners(texts, workspace, style).items():
        released = tuple(package for package in packages if _is_released(package, style))
        if path not in texts or not released or (asked and not any(package.name in asked for package in released)):
            continue
        patterns = {package.name: style.tag_pattern(package.name) for package in released}
        newest = [
            tag_name(pattern, name, heading.version)
            for heading in headings(texts[path])[:1]
            for name, pattern in patterns.items()
        ]
        if waits_for_entries(texts[path]) and (not newest or not set(newest).isdisjoint(tags)):
            scopes[path] = _scope(released, workspace, style, _version_tags(patterns, tags))
    return scopes


def _folders(workspace: Workspace) -> tuple[str, ...]:
    """The folders that hold the whole workspace; () for the whole repository."""
    places = sorted(
        {posixpath.dirname(each) for package in workspace.packages for each in (package.root, package.manifest)}
    )
    if "" in places:
        return ()
    return tuple(one for one in places if not any(one.startswith(f"{other}/") for other in places))


def _version_tags(patterns: Mapping[str, str], tags: Collection[str]) -> tuple[str, ...]:
    """The tags that name a version by one of the patterns, which are by package."""
    return tuple(tag for tag in sorted(tags) if any(_names_version(tag, patterns[name], name) for name in patterns))


def _names_version(tag: str, pattern: str, package: str) -> bool:
    return re.fullmatch(r"\d+\.\d+\.\d+(?:[-+].*)?", version_in(tag, pattern, package) or "") is not None


def _scope(
    packages: tuple[Package, ...], workspace: Workspace, style: ReleaseStyle, tags: tuple[str, ...]
) -> NotesScope:
    """The packages' folders, without the folders of other packages inside them; in lockstep those of the whole workspace."""
    if style.policy is not Policy.INDEPENDENT:
        return NotesScope(tags=tags, include=_folders(workspace))
    folders = {posixpath.dirname(package.manifest) for package in packages}
    others = {posixpath.dirname(package.manifest) for package in workspace.packages} - folders
    inside = {other for other in others if any(not folder or other.startswith(f"{folder}/") for folder in folders)}
    return NotesScope(
        tags=tags,
        include=() if "" in folders else tuple(sorted(folders)),
        exclude=tuple(sorted(inside)),
    )
