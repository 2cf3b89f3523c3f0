"""Lines of a sparse index, as crates.io writes them and as they must not be taken."""

from __future__ import annotations

import json
from typing import Any

import pytest

from loadmaster.planning.registry.index_line import IndexLine, Need, parse_line

SHA = "0" * 64
LINE: dict[str, Any] = {
    "name": "hangar-route",
    "vers": "1.0.0",
    "deps": [
        {
            "name": "units",
            "package": "hangar-units",
            "req": "^1.0.0",
            "features": [],
            "optional": True,
            "default_features": True,
            "target": None,
            "kind": "build",
        },
        {"name": "itoa", "req": "^1", "kind": "normal", "registry": "https://registry.example/index"},
    ],
    "cksum": SHA,
    "features": {},
    "yanked": True,
    "v": 2,
}


def test_a_line_tells_version_digest_and_needs_under_their_own_names() -> None:
    assert parse_line(json.dumps(LINE).encode()) == IndexLine(
        name="hangar-route",
        version="1.0.0",
        checksum=SHA,
        yanked=True,
        needs=(
            Need(name="hangar-units", requirement="^1.0.0", kind="build", optional=True),
            Need(name="itoa", requirement="^1", registry="https://registry.example/index"),
        ),
    )


NO_LINES = (
    ("HTML", b"<html>"),
    ("a number", b"1"),
    ("errors instead", b'{"errors":[{"detail":"no"}]}'),
    ("no checksum", json.dumps(LINE | {"cksum": None}).encode()),
    ("an empty checksum", json.dumps(LINE | {"cksum": ""}).encode()),
    ("a checksum left out", json.dumps({key: LINE[key] for key in LINE if key != "cksum"}).encode()),
    ("dependencies of another kind", json.dumps(LINE | {"deps": ["itoa"]}).encode()),
    ("a dependency without a requirement", json.dumps(LINE | {"deps": [{"name": "itoa"}]}).encode()),
)


@pytest.mark.parametrize("text", [text for _, text in NO_LINES], ids=[name for name, _ in NO_LINES])
def test_anything_else_is_not_a_line(text: bytes) -> None:
    with pytest.raises(ValueError):
        parse_line(text)
