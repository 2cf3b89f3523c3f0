"""What a profile may say of the smoke test, and what it may not."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from loadmaster.planning.smoke.style import SmokeStyle

ARTEFACT: dict[str, Any] = {
    "binary": "hangar",
    "asset": "hangar-{version}.tar.gz",
    "object": {"file": "out/hangar-{version}.o"},
    "policy": '{"deny": ["{victim}"]}',
    "arguments": ["monitor", "--ebpf", "{object}", "--policy", "{policy}"],
    "ready": ["running"],
}


def test_a_table_that_is_empty_asks_for_the_probe() -> None:
    style = SmokeStyle()
    assert (style.subject, style.backend, style.mode) == ("probe", "auto", "enforce")


def test_a_release_is_described_whole() -> None:
    style = SmokeStyle.model_validate({"subject": "release", "kernels": ["6.1", "7.2"], "artefact": ARTEFACT})
    assert style.artefact is not None
    assert style.artefact.object is not None


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown backend": ({"backend": "gvisor"}, "auto"),
    "a negative deadline": ({"deadline": -1}, "greater than 0"),
    "no deadline at all": ({"deadline": 0}, "greater than 0"),
    "an unknown mode": ({"mode": "strict"}, "best-effort"),
    "no kernel": ({"kernels": []}, "is empty"),
    "a kernel with a patch level": ({"kernels": ["6.12.3"]}, "is not a kernel"),
    "a release that is not described": ({"subject": "release"}, "artefact"),
    "a workflow of a commit that is not pushed": (
        {"backend": "dispatch", "workflow": "smoke.yml", "when": "before-publish"},
        "after-release",
    ),
    "a workflow that is not named": ({"backend": "dispatch"}, "workflow"),
    "an asset before it exists": ({"when": "before-publish", "artefact": ARTEFACT}, "after-release"),
    "an object that is an asset, before it exists": (
        {
            "when": "before-publish",
            "artefact": {**ARTEFACT, "asset": None, "object": {"asset": "hangar.o"}},
        },
        "`artefact.object.file`",
    ),
    "a policy without the victim": ({"artefact": ARTEFACT | {"policy": "deny: all"}}, "no `{victim}`"),
    "an argument that means nothing": ({"artefact": ARTEFACT | {"arguments": ["{objekt}"]}}, "{objekt}"),
    "nothing to wait for": ({"artefact": ARTEFACT | {"ready": []}}, "at least 1"),
    "a path as the program": ({"artefact": ARTEFACT | {"binary": "bin/hangar"}}, "pattern"),
    "two objects": ({"artefact": ARTEFACT | {"object": {"file": "o-{version}", "asset": "o"}}}, "exactly one"),
    "a file that could be another version's": (
        {"artefact": ARTEFACT | {"object": {"file": "out/hangar.o"}}},
        "pattern",
    ),
}


@pytest.mark.parametrize(("said", "told"), WRONG.values(), ids=WRONG)
def test_is_refused(said: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        SmokeStyle.model_validate(said)
