"""Which features a package has."""

from __future__ import annotations

import pytest

from loadmaster.planning.tree.manifest_package import features_of, parse_manifest

PACKAGE = '[package]\nname = "hull"\n'
FEATURES = [
    ("none", "", ()),
    ("those that are listed", '[features]\ndefault = ["sails"]\nsails = []\n', ("default", "sails")),
    ("an optional dependency", '[dependencies]\nrope = { version = "1", optional = true }\n', ("rope",)),
    ("an inherited one", "[dependencies]\nrope = { workspace = true, optional = true }\n", ("rope",)),
    ("one for a target", "[target.'cfg(unix)'.dependencies]\nrope = { version = \"1\", optional = true }\n", ("rope",)),
    (
        "one that a feature stands for",
        '[dependencies]\nrope = { version = "1", optional = true }\n[features]\nsails = ["dep:rope", "rope?/strong"]\n',
        ("sails",),
    ),
    ("one that is always there", '[dependencies]\nrope = "1"\nmast = { version = "1" }\n', ()),
]


@pytest.mark.parametrize(("reason", "text", "features"), FEATURES, ids=[row[0] for row in FEATURES])
def test_the_features_of_a_package(reason: str, text: str, features: tuple[str, ...]) -> None:
    assert features_of(parse_manifest("Cargo.toml", PACKAGE + text)) == features, reason
