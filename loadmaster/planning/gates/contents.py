"""Gates on what git gives beyond plain files: submodules before the release commit, the rest by the packaged bytes."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Iterator

from loadmaster.planning.gates.evidence import ReleaseEvidence
from loadmaster.planning.gates.judging import Findings, GateJudgement, Skip, of_packaged, of_repository
from loadmaster.planning.registry.packed import PackedSeen
from loadmaster.planning.tree.submodules import SubmoduleSeen
from loadmaster.planning.values.gate import Problem

_UNPACKABLE = re.compile(r"[\x00-\x1f\x7f]|[. ](?:/|$)")
_RESERVED = re.compile(r"(?i)(?:^|/)(?:con|prn|aux|nul|com[1-9]|lpt[1-9])(?:\.[^/]*)?(?:/|$)")
_MEND_SUBMODULE = (
    "let this machine reach its address; or run `git submodule update --init --recursive` in your own checkout, and release "
    "from there."
)
_MEND_MEMBER = "release it from the repository of the submodule; list it in `release.exclude` of the profile."


@of_repository("submodules-there", "A crate with a C library in a submodule went out without one file of that library.")
def submodules_there(release: ReleaseEvidence) -> GateJudgement:
    """Are the files of every submodule there that lies in a published package, at the recorded commit?

    A submodule elsewhere may be absent, which is a warning. A package that is published, and a file that the release
    changes, may not lie in a submodule: its commits are another repository's.
    """
    submodules = release.seen.source.carried.submodules
    if not submodules:
        return Skip(why="the commit has no submodules")
    inside = tuple(problem for submodule in submodules for problem in _changed_inside(release, submodule))
    absent = [submodule for submodule in submodules if submodule.absent]
    needed = {submodule.path for submodule in absent if _is_packaged(release, submodule)}
    lacking = {
        submodule.path: Problem(where=submodule.path, what=_lack_of(submodule), fix=_MEND_SUBMODULE)
        for submodule in absent
    }
    return Findings(
        checked=len(submodules),
        problems=(*inside, *(problem for path, problem in lacking.items() if path in needed)),
        warnings=tuple(problem for path, problem in lacking.items() if path not in needed),
    )


def _is_packaged(release: ReleaseEvidence, submodule: SubmoduleSeen) -> bool:
    """Whether the innermost package around the submodule is published."""
    folders = {posixpath.dirname(package.manifest): package.name for package in release.seen.workspace.packages}
    folder = submodule.path
    while folder not in folders and folder:
        folder = posixpath.dirname(folder)
    return folders.get(folder) in release.plan.versions


def _lack_of(submodule: SubmoduleSeen) -> str:
    return f"is a submodule at commit `{submodule.commit}`, and its files are not there: {submodule.absent.rstrip('.')}"


def _changed_inside(release: ReleaseEvidence, submodule: SubmoduleSeen) -> Iterator[Problem]:
    for package in release.seen.workspace.packages:
        if package.name in release.plan.versions and package.manifest.startswith(f"{submodule.path}/"):
            what = f"is the manifest of `{package.name}`, which lies in the submodule `{submodule.path}`"
            yield Problem.in_file(package.manifest, None, what=what, fix=_MEND_MEMBER)
    for edit in release.plan.edits:
        if edit.path.startswith(f"{submodule.path}/"):
            what = f"would be changed by the release, and lies in the submodule `{submodule.path}`"
            fix = "let it need no version of a package of this release, or keep it in this repository."
            yield Problem.in_file(edit.path, None, what=what, fix=fix)


@of_packaged(
    "no-lfs-pointer", "A crate went out with the pointer of Git LFS in the place of its table: 133 bytes of text."
)
def no_lfs_pointer(crate: PackedSeen) -> Iterator[Problem]:
    """Is no packaged file a pointer of Git LFS? The bytes are looked at, whatever `.gitattributes` says."""
    for path in crate.pointers:
        fix = (
            "install `git-lfs` on this machine, and see that its remote or your checkout has the file; or leave it out of the "
            "package (`exclude` in its manifest)."
        )
        yield Problem(
            where=f"{crate.id}/{path}", what="is a pointer of Git LFS, not the file that it stands for", fix=fix
        )


@of_packaged("links-inside", "cargo follows a link out of the repository, and packages a file of this machine.")
def links_inside(crate: PackedSeen) -> Iterator[Problem]:
    """Was every packaged file read in the repository itself, and none of this machine's by a symbolic link?"""
    for path, place in crate.from_outside.items():
        what = f"was read at `{place}`, because a symbolic link leads out of the repository"
        yield Problem(where=f"{crate.id}/{path}", what=what, fix="put a copy of the file in the place of the link.")


@of_packaged("filters-run", "What a filter of git decrypts in its author's checkout was published as it is stored.")
def filters_run(crate: PackedSeen) -> Iterator[Problem]:
    """Does no packaged file need a filter that only the author's own configuration of git has?"""
    for path, driver in crate.filters.items():
        what = (
            f"has the attribute `filter={driver}`, and no filter of that name ran: the contents are as git stores them"
        )
        fix = "leave it out of the package (`exclude` in its manifest), or commit it without the filter."
        yield Problem(where=f"{crate.id}/{path}", what=what, fix=fix)


@of_packaged(
    "paths-unpack",
    "Where case does not count, one of two files named `Readme` and `README` is lost when it is unpacked.",
)
def paths_unpack(crate: PackedSeen) -> Iterator[Problem]:
    """Can every packaged path be unpacked beside the others, where case does not count either?"""
    seen: dict[str, str] = {}
    for path in crate.paths:
        other = seen.setdefault(unicodedata.normalize("NFC", path).casefold(), path)
        if other != path:
            what, fix = f"differs from `{other}` in case only", "rename one of them, or leave it out of the package."
            yield Problem(where=f"{crate.id}/{path}", what=what, fix=fix)
        if _UNPACKABLE.search(path):
            what = "has a control character in its path, or a part of it ends with a blank or a full stop"
            yield Problem(where=f"{crate.id}/{path!r}", what=what, fix="rename it, or leave it out of the package.")
