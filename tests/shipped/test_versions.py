"""The tool says when it runs on other versions than those that it was tested with."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from loadmaster.shipped.versions import OtherVersion, needed_python, other_versions, untested_text
from tests.kit.checkout import ROOT


def pins(path: Path) -> Mapping[str, str]:
    lines = [line.rstrip(" \\") for line in path.read_text(encoding="utf-8").splitlines() if line[:1].isalnum()]
    return {one.name: str(one.specifier) for one in map(Requirement, lines)}


def test_the_extra_has_the_versions_that_are_locked() -> None:
    pinned, locked = pins(ROOT / "requirements" / "pinned.txt"), pins(ROOT / "constraints.txt")
    assert pinned.items() <= locked.items()
    assert len(pinned) > 80


def test_the_extra_pins_everything_that_a_dependency_brings() -> None:
    pinned = set(map(canonicalize_name, pins(ROOT / "requirements" / "pinned.txt")))
    waiting, seen = ["loadmaster"], set[str]()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            needed = map(Requirement, importlib.metadata.requires(name) or ())
            waiting += [canonicalize_name(one.name) for one in needed if one.marker is None or one.marker.evaluate()]
    assert seen - {"loadmaster"} - pinned == set()
    assert len(seen) > 80


def test_the_environment_of_the_tests_has_the_tested_versions() -> None:
    assert other_versions() == ()
    assert untested_text() is None


@pytest.fixture
def older(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the installed packages comes one that claims to be typer, in another version."""
    (tmp_path / "typer-0.0.1.dist-info").mkdir()
    (tmp_path / "typer-0.0.1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: typer\nVersion: 0.0.1\n")
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.usefixtures("older")
def test_planted_another_version_is_told_in_one_sentence() -> None:
    tested = pins(ROOT / "requirements" / "pinned.txt")["typer"].removeprefix("==")
    assert other_versions() == (OtherVersion("typer", "0.0.1", tested),)
    told = untested_text() or ""
    assert f"(typer 0.0.1 instead of {tested})" in told
    assert "`loadmaster[pinned]`" in told
    assert "\n" not in told


def test_a_loadmaster_that_is_not_installed_says_that_nobody_can_compare(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> list[str]:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.requires", absent)
    assert "cannot be compared" in (untested_text() or "")


def test_the_python_that_is_needed_is_the_one_of_the_metadata() -> None:
    assert needed_python() == ">=3.11"
    assert needed_python("a-package-that-there-is-not") == ""
