"""How a workspace names its tags, read off the tags that are there."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from semver import Version

from loadmaster.planning.profile.policy import Policy
from loadmaster.planning.profile.project import ReleaseStyle
from loadmaster.planning.profile.shared_tags import require_one_version
from loadmaster.planning.profile.tag_name import tag_name
from loadmaster.planning.profile.tag_patterns import tag_patterns

ALONE = [
    pytest.param(["v1.0.0", "v1.1.0"], {"wing": ["1.0.0", "1.1.0"]}, "v{version}", id="a version with a v"),
    pytest.param(["1.0.0"], {"wing": ["1.0.0"]}, "{version}", id="a bare version"),
    pytest.param(["v/1.0.0"], {"wing": ["1.0.0"]}, "v/{version}", id="a version in a folder"),
    pytest.param(
        ["1.0.0", "1.1.0", "1.2.0"],
        {"wing": ["1.0.0", "1.1.0"]},
        "{version}",
        id="a tag of a release that never came out",
    ),
    pytest.param(["latest", "dev"], {"wing": ["1.0.0"]}, "v{version}", id="only moving tags"),
    pytest.param(
        ["0.27", "0.28", "0.28.1", "0.29"], {"wing": ["0.28.0", "0.28.1", "0.29.0"]}, "{short}", id="no patch 0"
    ),
    pytest.param(
        ["0.28.1", "0.29.1"], {"wing": ["0.28.1", "0.29.1"]}, "{version}", id="nothing shows that it is left out"
    ),
    pytest.param(["v1.0.3"], {"wing": ["1.0.3+spec-2"]}, "v{plain}", id="build metadata that the tags leave out"),
    pytest.param(["v1.0.3+spec-2"], {"wing": ["1.0.3+spec-2"]}, "v{version}", id="build metadata that the tags have"),
    pytest.param(
        ["v2026.5.0", "v2026.11.0"], {"wing": ["2026.5.0", "2026.11.0"]}, "v{version}", id="a calendar's version"
    ),
    pytest.param(
        ["v0.1.0", "v0.2.0", "v0.3.0", "wing-v0.4.0", "wing-v0.5.0"],
        {"wing": ["0.1.0", "0.2.0", "0.3.0", "0.4.0", "0.5.0"]},
        "{name}-v{version}",
        id="a pattern that changed two releases ago",
    ),
    pytest.param(
        ["wing-v0.1.0"],
        {"wing": ["0.1.0", *(f"0.{minor}.0" for minor in range(2, 20))]},
        "{name}-v{version}",
        id="tags of the package that ended long ago",
    ),
    pytest.param(
        ["wing-1.0.0"], {"wing": ["1.0.0"], "tail": ["1.0.0"]}, "{name}-{version}", id="each package has its own"
    ),
]


@pytest.mark.parametrize(("tags", "versions", "pattern"), ALONE)
def test_in_lockstep(tags: Collection[str], versions: Mapping[str, Collection[str]], pattern: str) -> None:
    found = tag_patterns(tags, versions, independent=False)
    assert (found.tag, dict(found.tags)) == (pattern, {})


APART = [
    pytest.param(
        ["wing-v1.0.0", "tail-v0.3.0"],
        {"wing": ["1.0.0"], "tail": ["0.3.0"]},
        ("{name}-v{version}", {}),
        id="every tag names its package",
    ),
    pytest.param(
        ["v2.0.0", "tail-0.3.0", "rudder-0.1.0"],
        {"wing": ["2.0.0"], "tail": ["0.3.0"], "rudder": ["0.1.0"]},
        ("{name}-{version}", {"wing": "v{version}"}),
        id="the main package's tags do not name it",
    ),
    pytest.param(
        ["v1.0.0", "v1.1.0", "v4.0.0", "tail-v1.0.0", "tail-v0.9.0"],
        {"wing": ["1.0.0", "1.1.0", "4.0.0"], "tail": ["1.1.0", "1.0.0", "0.9.0"]},
        ("{name}-v{version}", {"wing": "v{version}"}),
        id="an old tag of the main package that carries another's version",
    ),
    pytest.param(
        ["0.2.5", "1.11.0", "1.12.0"],
        {"wing": ["1.11.0", "1.12.0"], "tail": ["0.2.4", "0.2.5"]},
        ("{version}", {}),
        id="an untagged package whose newest version the main package once had",
    ),
    pytest.param(
        ["wing-1.0.0", "v0.3.0"],
        {"wing": ["1.0.0+spec-2"], "tail": ["0.3.0+b.7"]},
        ("{name}-{plain}", {"tail": "v{plain}"}),
        id="versions with build metadata that the tags leave out",
    ),
    pytest.param(
        ["wing-1.0.0+spec-2", "v0.3.0+b.7"],
        {"wing": ["1.0.0+spec-2"], "tail": ["0.3.0+b.7"]},
        ("{name}-{version}", {"tail": "v{version}"}),
        id="versions with build metadata that the tags have, too",
    ),
    pytest.param(
        ["wing-v1.0.0", "wing-v1.1.0", "tip-v0.3.0", "tail-v2.0.0"],
        {"plane-wing": ["1.0.0", "1.1.0"], "plane-wing-tip": ["0.3.0"], "tail": ["2.0.0"], "plane-tail": ["0.1.0"]},
        ("{name}-v{version}", {"plane-wing": "wing-v{version}", "plane-wing-tip": "tip-v{version}"}),
        id="tags that leave out the beginning of the names",
    ),
    pytest.param(
        ["1.0.0", "1.1.0", "1.1.1", "tail-0.3.0"],
        {"wing": ["1.0.0", "1.1.0", "1.1.1"], "tail": ["0.3.0", "1.0.0", "1.1.0", "1.1.1"]},
        ("{name}-{version}", {"wing": "{version}"}),
        id="a package that went elsewhere and has every version of the main one",
    ),
    pytest.param(
        ["v/1.0.0", "v/1.1.0", "tail-v0.3.0"],
        {"wing": ["1.0.0", "1.1.0", "2.0.0-dev.0", "2.0.0-dev.1", "2.0.0-dev.2"], "tail": ["0.3.0"]},
        ("{name}-v{version}", {"wing": "v/{version}"}),
        id="pre-releases that have no tags",
    ),
    pytest.param(
        ["curve25519-4.1.2", "curve25519-4.1.3", "ed25519-2.1.1", "x25519-2.0.1", "2.1.0"],
        {
            "curve25519-dalek": ["4.1.2", "4.1.3"],
            "curve25519-dalek-derive": ["0.1.0", "0.1.1"],
            "ed25519-dalek": ["2.1.0", "2.1.1"],
            "x25519-dalek": ["2.0.0", "2.0.1"],
        },
        (
            "{name}-v{version}",
            {
                "curve25519-dalek": "curve25519-{version}",
                "ed25519-dalek": "ed25519-{version}",
                "x25519-dalek": "x25519-{version}",
            },
        ),
        id="tags that leave out the end of the names",
    ),
    pytest.param(
        ["plane_wing-v1.0.0", "tail-v0.3.0"],
        {"plane-wing": ["1.0.0"], "tail": ["0.3.0"]},
        ("{name}-v{version}", {"plane-wing": "plane_wing-v{version}"}),
        id="a name in the other spelling",
    ),
    pytest.param(
        ["wing-v1.0.0"],
        {"wing": ["1.0.0"], "wing-tip": ["1.0.0", "0.9.0"]},
        ("{name}-v{version}", {}),
        id="a part that is the name of another package",
    ),
    pytest.param(
        ["core-v1.0.0", "core-v1.1.0"],
        {"a-core": ["1.0.0", "1.1.0"], "b-core": ["1.0.0"]},
        ("{name}-v{version}", {"a-core": "core-v{version}"}),
        id="a part that two packages have",
    ),
    pytest.param([], {"wing": ["1.0.0"], "tail": ["0.3.0"]}, ("{name}-v{version}", {}), id="no tag at all"),
]


@pytest.mark.parametrize(("tags", "versions", "patterns"), APART)
def test_with_versions_of_their_own(
    tags: Collection[str], versions: Mapping[str, Collection[str]], patterns: tuple[str, Mapping[str, str]]
) -> None:
    found = tag_patterns(tags, versions, independent=True)
    assert (found.tag, dict(found.tags)) == patterns


def test_a_package_without_a_tag_is_a_guess() -> None:
    found = tag_patterns(["wing-v1.0.0"], {"wing": ["1.0.0"], "tail": ["0.3.0"]}, independent=True)
    assert found.guessed == ("tail",)
    assert tag_patterns(["latest"], {"wing": ["1.0.0"]}, independent=False).guessed == ("wing",)


ONE_LINE = [
    pytest.param(
        {"time": ["0.3.53", "0.3.54"], "time-core": ["0.1.8", "0.1.9"], "time-macros": ["0.2.28"]},
        ["time-core", "time-macros"],
        id="versions that the tags never had",
    ),
    pytest.param(
        {"sail": ["0.3.52", "0.3.53", "0.3.54"], "sail_dom": ["0.3.52", "0.3.54"], "mast": ["0.3.0"]},
        ["mast", "sail_dom"],
        id="versions that only the leader's tags had by chance",
    ),
    pytest.param(
        {"serde": ["0.3.53", "0.3.54"], "serde_derive": ["0.3.53", "0.3.54"], "serde_core": ["0.3.54"]},
        [],
        id="packages that always came out together",
    ),
]


@pytest.mark.parametrize(("versions", "along"), ONE_LINE)
def test_where_no_tag_names_a_package_they_are_one_package_s(
    versions: Mapping[str, Collection[str]], along: list[str]
) -> None:
    found = tag_patterns(["v0.3.52", "v0.3.53", "v0.3.54"], versions, independent=True)
    assert (found.tag, found.tags, found.guessed) == ("v{version}", {}, ())
    assert found.tagged_with == dict.fromkeys(along, min(versions, key=len))


def test_a_newest_tag_of_another_shape_is_named() -> None:
    versions = {"wing": [f"1.{minor}.0" for minor in range(6)]}
    tags = [*(f"wing-v1.{minor}.0" for minor in range(5)), "wing/1.5.0"]
    found = tag_patterns(tags, versions, independent=False)
    assert (found.tag, found.mixed) == ("{name}-v{version}", {"wing": "wing/1.5.0"})


PATTERNS = ["v{version}", "{version}", "{name}-v{version}", "{name}/{version}", "{short}", "{name}-{short}"]


@given(st.sampled_from(PATTERNS), st.sets(st.integers(0, 30), min_size=1), st.integers(0, 3))
def test_the_pattern_of_tags_that_all_follow_one_is_found(pattern: str, minors: set[int], patch: int) -> None:
    versions = {"wing": [f"1.{minor}.0" for minor in minors] + [f"1.{max(minors)}.{patch}"]}
    tags = [tag_name(pattern, "wing", version) for version in versions["wing"]]
    found = tag_patterns(tags, versions, independent=False)
    assert [tag_name(found.tag, "wing", version) for version in versions["wing"]] == tags
    assert (found.guessed, found.mixed) == ((), {})


NAMES = st.sampled_from(["wing", "wing-tip", "plane-wing", "plane-tip", "a-core", "b-core", "core"])
NUMBERS = st.builds(
    "{}.{}.{}{}".format, st.integers(0, 1), st.integers(0, 1), st.integers(0, 1), st.sampled_from(["", "+b"])
)
TAGS = st.builds("{}{}".format, st.sampled_from(["v", "", "wing-v", "wing-", "core-v", "plane-", "tip/"]), NUMBERS)


@given(st.sets(TAGS), st.dictionaries(NAMES, st.lists(NUMBERS, min_size=1, max_size=4), min_size=1))
def test_no_tag_stands_for_two_versions(tags: set[str], versions: dict[str, list[str]]) -> None:
    found = tag_patterns(tags, versions, independent=True)
    style = ReleaseStyle(policy=Policy.INDEPENDENT, tag=found.tag, tags=found.tags, tagged_with=found.tagged_with)
    require_one_version(style, {name: max(out, key=Version.parse) for name, out in versions.items()})
