"""The gate on the shape of the planned tags: whoever looks for a release by its tag looks for the shape of the last ones.

Knows no list of patterns: it compares what stands around the version. `profile.tag_patterns`, which writes the profile, has one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from semver import Version

from loadmaster.planning.gates.evidence import ReleaseEvidence
from loadmaster.planning.gates.judging import GateJudgement, Skip, each_of, of_repository
from loadmaster.planning.plan import Crate
from loadmaster.planning.profile.tag_name import spelled
from loadmaster.planning.values.gate import Problem
from loadmaster.planning.values.version import same_version

_LOOKED_AT = 20
"""How many versions of a package are looked for among the tags."""


@of_repository(
    "tag-shape",
    "Of seven public workspaces that were released by a first profile alone, five had a wrong tag or changelog, unsaid.",
)
def tag_shape(release: ReleaseEvidence) -> GateJudgement:
    """Has each tag the shape of the newest tag of its package, by the versions that the package had?

    A tag that only carries the version of another package, and one that names another package, tells nothing.
    """
    tagged = [crate for crate in release.plan.crates if crate.name not in release.project.release.tagged_with]
    known = [(crate, former) for crate in tagged if (former := _former_tag(release, crate)) is not None]
    if not known:
        return Skip(why="no tag of an earlier version shows a shape")
    return each_of(known, lambda pair: _other_shape(release, *pair))


def _former_tag(release: ReleaseEvidence, crate: Crate) -> tuple[str, str] | None:
    """The tag of the newest earlier version that has one, and that version. Of several tags, the one of the profile's pattern."""
    names = dict.fromkeys(tag.name for tag in release.seen.source.tags)
    earlier = [one for one in _versions(release, crate.name) if not same_version(one, crate.version)]
    for version in sorted(earlier, key=Version.parse, reverse=True)[:_LOOKED_AT]:
        if (own := release.project.tag_of(crate.name, version)) in names:
            return own, version
        texts = tuple(spelled(version).values())
        for name in (name for name in names if name.endswith(texts)):
            around = next(name.removesuffix(text) for text in texts if name.endswith(text))
            if _may_be_before(around, crate.name) and not _is_of_another(release, name, crate.name):
                return name, version
    return None


def _versions(release: ReleaseEvidence, package: str) -> set[str]:
    """The versions that the package had: those on the registry, and the tree's."""
    published = {version.version for version in release.seen.registry.crates.get(package, ())}
    return published | {one.version for one in release.seen.workspace.packages if one.name == package}


def _may_be_before(around: str, crate: str) -> bool:
    """Whether a tag may have this before a version of the crate: a part of its name, or nothing that names anything."""
    if around.endswith(".") or around[-1:].isdigit():
        return False  # the end of a longer number
    words = set(re.split(r"[^a-z0-9]+", around.lower())) - {"", "v", "release", "version"}
    return words <= set(re.split(r"[^a-z0-9]+", crate.lower()))


def _is_of_another(release: ReleaseEvidence, tag: str, crate: str) -> bool:
    """Whether the tag is another package's by the profile."""
    others = release.seen.workspace.names - {crate} - release.project.release.tagged_with.keys()
    return any(tag == release.project.tag_of(name, one) for name in others for one in _versions(release, name))


def _other_shape(release: ReleaseEvidence, crate: Crate, former: tuple[str, str]) -> Iterator[Problem]:
    tag, version = former
    if release.project.tag_of(crate.name, version) == tag:
        return
    planned = release.project.tag_of(crate.name, crate.version)
    yield Problem(
        where=planned,
        what=f"has another shape than `{tag}`, the tag of `{crate.name}` {version}",
        fix="write the pattern of that tag into the profile (`release.tag`, or `release.tags` for one package); if the shape is to "
        "change, list `tag-shape` under `gates.advice`.",
    )
