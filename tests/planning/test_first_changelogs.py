"""Which changelogs a first profile names."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from loadmaster.planning.first_changelogs import FirstChangelogs, first_changelogs
from loadmaster.planning.tree.workspace import Package
from tests.kit.building import package


def log(*versions: str) -> str:
    return "# Changelog\n\n" + "".join(f"## {version}\n\n- New.\n\n" for version in versions)


CLOCK, MACROS = package("clock", version="0.4.0"), package("macros", version="0.2.3")
AT_TOP = CLOCK.model_copy(update={"manifest": "Cargo.toml"})
OUT = {"clock": ("0.2.0", "0.3.0", "0.3.1"), "macros": ("0.2.0", "0.2.1", "0.2.2")}
OWN = log("0.3.1", "0.3.0", "0.2.0")
OF_SEVERAL = "# clock 0.3.1 / macros 0.2.2\n\n- New.\n\n# clock 0.3.0\n\n- New.\n"


def found(texts: Mapping[str, str], *published: Package, independent: bool = True) -> FirstChangelogs:
    return first_changelogs(texts, ["Cargo.toml"], published or (CLOCK, MACROS), OUT, independent=independent)


@pytest.mark.parametrize(
    ("texts", "published", "path", "by_package"),
    [
        ({"CHANGELOG.md": OWN}, (), "CHANGELOG.md", {"clock": "CHANGELOG.md"}),
        ({"RELEASES.md": OWN}, (AT_TOP, MACROS), "RELEASES.md", {}),
        ({"CHANGELOG.md": log("0.2.0")}, (), "", {}),
        ({"CHANGELOG.md": log("7.0.0")}, (), "", {}),
        ({"CHANGELOG.md": OWN, "crates/clock/CHANGELOG.md": OWN}, (), "CHANGELOG.md", {}),
        (
            {"HISTORY.md": OWN, "crates/macros/CHANGELOG.md": log("0.2.2")},
            (),
            "CHANGELOG.md",
            {"clock": "HISTORY.md"},
        ),
        (
            {"CHANGELOG.md": "See ../CHANGELOG.md, this is no longer used.\n", "NEWS.md": OWN},
            (),
            "NEWS.md",
            {"clock": "NEWS.md"},
        ),
        ({"CHANGELOG.md": OWN, "RELEASES.md": OWN}, (), "CHANGELOG.md", {"clock": "CHANGELOG.md"}),
        ({"RELEASES.md": "# How we release\n\n1. Take a breath.\n"}, (AT_TOP,), "", {}),
        ({"RELEASES.md": OF_SEVERAL}, (AT_TOP, MACROS), "", {}),
    ],
    ids=[
        "one package alone has its versions",
        "beside a package by another name",
        "several packages have its versions",
        "none has them",
        "the package has one beside it",
        "others have theirs beside them",
        "one that is no longer used is passed over",
        "the usual name goes before others",
        "a text without versions is a changelog by its usual names only",
        "one whose headings name several packages is not written",
    ],
)
def test_packages_with_versions_of_their_own(
    texts: Mapping[str, str], published: tuple[Package, ...], path: str, by_package: Mapping[str, str]
) -> None:
    seen = found(texts, *published)
    assert (seen.path, dict(seen.by_package)) == (path, by_package)
    assert seen.mixed == (("RELEASES.md",) if OF_SEVERAL in texts.values() else ())


@pytest.mark.parametrize(
    ("texts", "path", "abandoned"),
    [
        ({"CHANGELOG.md": log("0.3.1"), "crates/clock/CHANGELOG.md": OWN}, "CHANGELOG.md", False),
        ({"crates/clock/CHANGELOG.md": OWN}, "crates/clock/CHANGELOG.md", False),
        ({"crates/clock/CHANGELOG.md": OWN, "crates/macros/CHANGELOG.md": OWN}, "", False),
        ({"CHANGELOG.md": log("0.1.0")}, "", True),
        ({"CHANGELOG.md": "## Unreleased\n\n" + log("0.1.0")}, "CHANGELOG.md", False),
        ({"History.md": OWN}, "History.md", False),
        ({}, "", False),
    ],
    ids=[
        "the one at the root",
        "the only one",
        "one of several",
        "abandoned",
        "not abandoned while it has a section to come",
        "by another name",
        "none",
    ],
)
def test_packages_in_lockstep(texts: Mapping[str, str], path: str, abandoned: bool) -> None:
    seen = found(texts, independent=False)
    assert (seen.path, seen.abandoned, dict(seen.by_package)) == (path, abandoned, {})
