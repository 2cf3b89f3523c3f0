"""Which release the forge shows as its latest."""

from __future__ import annotations

import pytest

from loadmaster.planning.maintenance.latest import is_latest
from loadmaster.planning.plan import Tag
from tests.kit.building import project

CASES = [
    ("the first release", "v{version}", "1.0.0", [], True),
    ("the highest", "v{version}", "1.5.0", ["v1.4.0", "v1.4.9"], True),
    ("a maintenance release", "v{version}", "1.4.10", ["v1.4.9", "v2.0.0"], False),
    ("below a pre-release", "v{version}", "0.8.21", ["v0.9.0-beta"], True),
    ("a pre-release", "v{version}", "2.0.0-rc.1", ["v1.4.0"], False),
    ("below another package's", "{name}-v{version}", "0.3.0", ["tail-v1.0.0", "wing-v0.2.0"], True),
    ("below an alias", "v{version}", "1.5.0", ["v2", "latest"], True),
    ("a tag without a patch number", "{short}", "0.28.2", ["0.29"], False),
    ("itself, published by an earlier attempt", "v{version}", "1.5.0", ["v1.5.0"], True),
]


@pytest.mark.parametrize(("reason", "pattern", "version", "released", "latest"), CASES, ids=[case[0] for case in CASES])
def test_the_latest(reason: str, pattern: str, version: str, released: list[str], latest: bool) -> None:
    tag = Tag(name="any", message="", version=version, crates=("wing",), notes="")
    assert is_latest(tag, project(tag=pattern), released) is latest, reason
