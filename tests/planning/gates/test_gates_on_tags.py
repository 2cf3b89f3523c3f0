"""The gate on the shape of tags, with its planted failures."""

from __future__ import annotations

import pytest

from loadmaster.planning.gates.evidence import Evidence
from loadmaster.planning.registry.seen import TagSeen
from loadmaster.planning.tree.workspace import Package
from loadmaster.planning.values.gate import Outcome
from tests.kit.building import evidence, package, project, seen
from tests.kit.gates_asked import answer, fails

INDEPENDENT = "independent"


def released(there: list[str], *packages: Package, **release: object) -> Evidence:
    tags = [TagSeen(name=tag, commit="d" * 40, parents=(), subject="") for tag in there]
    out = {each.name: [each.version] for each in packages}
    return evidence(seen(*packages, tags=tags, registry=out), "patch", project(**release))


OTHER = {
    "a v that the tags do not have": (["0.3.0", "0.4.0"], {}, "v0.4.1", "`0.4.0`, the tag of `core` 0.4.0"),
    "a patch number that the tags leave out": (["v0.4"], {}, "v0.4.1", "`v0.4`"),
    "no name, where the tags have one": (["core-v0.4.0"], {}, "v0.4.1", "`core-v0.4.0`"),
    "another separator": (["core/0.4.0"], {"tag": "{name}-{version}"}, "core-0.4.1", "`core/0.4.0`"),
}


@pytest.mark.parametrize(("tags", "release", "planned", "told"), OTHER.values(), ids=OTHER)
def test_a_tag_of_another_shape_than_the_newest_one(
    tags: list[str], release: dict[str, object], planned: str, told: str
) -> None:
    assert fails(answer(released(tags, package("core"), **release), "tag-shape"), planned, told)


def test_a_part_of_the_name_where_the_profile_writes_the_whole() -> None:
    found = released(["core-0.4.0"], package("wing-core"), policy=INDEPENDENT, tag="{name}-{version}")
    assert fails(answer(found, "tag-shape"), "wing-core-0.4.1", "`core-0.4.0`, the tag of `wing-core` 0.4.0")


SAME = {
    "the profile's pattern": (["v0.3.0", "v0.4.0"], {}),
    "an old shape, left long ago": (["0.3.0", "v0.4.0"], {}),
    "both shapes for one version": (["0.4.0", "v0.4.0"], {}),
    "the newest version has no tag": (["v0.3.0"], {}),
    "without a patch number that is 0": (["0.4"], {"tag": "{short}"}),
}


@pytest.mark.parametrize(("tags", "release"), SAME.values(), ids=SAME)
def test_a_tag_of_the_same_shape(tags: list[str], release: dict[str, object]) -> None:
    core = package("core")
    there = [TagSeen(name=tag, commit="d" * 40, parents=(), subject="") for tag in tags]
    looked = seen(core, tags=there, registry={"core": ["0.3.0", "0.4.0"]})
    assert answer(evidence(looked, "patch", project(**release)), "tag-shape").outcome is Outcome.PASS


TELLS_NOTHING = {
    "no tags": [],
    "an alias": ["v0", "latest"],
    "another package's name": ["tail-v0.4.0"],
    "the end of a longer number": ["v10.4.0", "v1.0.4.0"],
    "a word of nobody's": ["nightly-0.4.0"],
}


@pytest.mark.parametrize("tags", TELLS_NOTHING.values(), ids=TELLS_NOTHING)
def test_a_tag_that_shows_no_shape_of_the_package(tags: list[str]) -> None:
    assert answer(released(tags, package("core")), "tag-shape").outcome is Outcome.SKIP


def test_a_tag_of_another_package_with_the_same_version_is_that_one_s() -> None:
    main, tail = package("main"), package("tail")
    found = released(
        ["v0.4.0", "wing-v0.4.0"],
        main,
        tail,
        package("wing-tail"),
        package("wing"),
        policy=INDEPENDENT,
        tag="{name}-v{version}",
        tags={"main": "v{version}"},
    )
    asked = answer(found, "tag-shape")
    assert (asked.outcome, asked.checked) == (Outcome.PASS, 2)
