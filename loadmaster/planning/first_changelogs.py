"""Which changelogs a first profile names: those that a release can write, and whose they are, by the versions that they have."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Collection, Mapping

from loadmaster.planning.edits.changelog import has_unreleased, headings, names_several
from loadmaster.planning.edits.changelogs import is_in_use
from loadmaster.planning.tree.workspace import Package
from loadmaster.planning.values.value import Value

CHANGELOGS = (
    "changelog.md",
    "changes.md",
    "releases.md",
    "history.md",
    "news.md",
    "release-notes.md",
    "release_notes.md",
)
"""The names of changelogs, in lower case, the usual ones first."""
_ALWAYS = 2
"""So many of these names always mean a changelog; of the others only a text with versions is one."""
_NEWEST = 10
"""If a changelog has none of this many newest versions, nobody maintains it any more."""
_TELLING = 3
"""So many of the newest headings tell whose changelog it is."""


class FirstChangelogs(Value):
    """What a first profile says of the changelogs."""

    path: str = ""
    """`release.changelog`; empty if no changelog changes."""
    by_package: Mapping[str, str] = {}
    """`release.changelogs`."""
    abandoned: bool = False
    """Whether the one at the root has none of the newest versions."""
    mixed: tuple[str, ...] = ()
    """Those whose headings name several packages, so that a release cannot write them."""


def first_changelogs(
    texts: Mapping[str, str],
    roots: Collection[str],
    published: Collection[Package],
    versions: Mapping[str, tuple[str, ...]],
    *,
    independent: bool,
) -> FirstChangelogs:
    """`texts` are the changelogs at the top, at the `roots` (root manifests) and beside packages, by path. `versions` are those
    that the registry had of each package when the commit was made, in the order of their publication.
    """
    found = _Found(texts, roots, published)
    mixed = tuple(path for path, text in sorted(texts.items()) if is_in_use(path, text) and names_several(text))
    if not independent:
        newest = {version for package in published for version in versions.get(package.name, ())[-_NEWEST:]}
        if found.is_abandoned(newest):
            return FirstChangelogs(abandoned=True, mixed=mixed)
        return FirstChangelogs(path=found.root or (found.beside[0] if len(found.beside) == 1 else ""), mixed=mixed)
    names = Counter(posixpath.basename(changelog) for changelog in found.beside)
    usual = names.most_common(1)[0][0] if names else ""
    owner = found.owner_of_root(versions)
    return FirstChangelogs(
        path=usual or (found.root if owner else ""), by_package={owner: found.root} if owner else {}, mixed=mixed
    )


class _Found:
    """The changelogs that a release can write."""

    def __init__(self, texts: Mapping[str, str], roots: Collection[str], published: Collection[Package]) -> None:
        self._texts, self._published = texts, published
        self._folders = {package.name: posixpath.dirname(package.manifest) for package in published}
        used = tuple(
            path for path, text in sorted(texts.items(), key=lambda each: _rank(each[0])) if _is_ours(path, text)
        )
        self.beside = tuple(path for path in used if posixpath.dirname(path) in self._folders.values())
        """Those in the directories of packages."""
        places = (*(posixpath.dirname(root) for root in roots if len(roots) == 1), "")
        self.root = next((path for place in places for path in used if posixpath.dirname(path) == place), "")
        """That at the workspace's root, or at the top of the repository; empty if there is none."""

    def is_abandoned(self, newest: Collection[str]) -> bool:
        """Whether that at the root has no section for the next version, and none of the `newest`."""
        text = self._texts.get(self.root)
        if text is None or has_unreleased(text):
            return False
        return bool(newest) and set(newest).isdisjoint(heading.version for heading in headings(text))

    def owner_of_root(self, versions: Mapping[str, tuple[str, ...]]) -> str | None:
        """The package in a directory, without a changelog beside it, that alone has the newest versions of the one at the root.

        None if there is none: nobody knows which entries are whose.
        """
        newest = {heading.version for heading in headings(self._texts.get(self.root, ""))[:_TELLING]}
        if not newest or self.root in self.beside:
            return None
        owners = [each for each in self._published if newest <= {each.version, *versions.get(each.name, ())}]
        own = {posixpath.dirname(path) for path in self.beside}
        return owners[0].name if len(owners) == 1 and self._folders[owners[0].name] not in own else None


def _is_ours(path: str, text: str) -> bool:
    if not is_in_use(path, text) or names_several(text):
        return False
    return _rank(path)[0] < _ALWAYS or bool(headings(text))


def _rank(path: str) -> tuple[int, str]:
    return CHANGELOGS.index(posixpath.basename(path).lower()), path
