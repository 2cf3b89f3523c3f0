"""How a workspace names its tags, read off the tags that are there."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pytest

from loadmaster.planning.profile.tag_patterns import tag_patterns

ALONE = [
    pytest.param(["v1.0.0", "v1.1.0"], {"wing": ["1.0.0", "1.1.0"]}, "v{version}", id="a version with a v"),
    pytest.param(["1.0.0"], {"wing": ["1.0.0"]}, "{version}", id="a bare version"),
    pytest.param(["v/1.0.0"], {"wing": ["1.0.0"]}, "v/{version}", id="a version in a folder"),
    pytest.param(["latest", "dev"], {"wing": ["1.0.0"]}, "v{version}", id="only moving tags"),
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
        ("{name}-v{version}", {"wing": "{version}"}),
        id="an untagged package whose newest version the main package once had",
    ),
    pytest.param(
        ["wing-1.0.0", "v0.3.0"],
        {"wing": ["1.0.0+spec-2"], "tail": ["0.3.0+b.7"]},
        ("{name}-{version}", {"tail": "v{version}"}),
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
    pytest.param([], {"wing": ["1.0.0"], "tail": ["0.3.0"]}, ("{name}-v{version}", {}), id="no tag at all"),
]


@pytest.mark.parametrize(("tags", "versions", "patterns"), APART)
def test_with_versions_of_their_own(
    tags: Collection[str], versions: Mapping[str, Collection[str]], patterns: tuple[str, Mapping[str, str]]
) -> None:
    found = tag_patterns(tags, versions, independent=True)
    assert (found.tag, dict(found.tags)) == patterns
