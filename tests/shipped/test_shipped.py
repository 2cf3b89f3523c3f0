"""What comes with Loadmaster besides its code: it is there, in a checkout as in the wheel, and found by one function."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from loadmaster.shipped import SHIPPED, checkout, shipped
from tests.kit.checkout import ROOT

NAMES = {"conformance", "docs", "examples", "payload", "prefect.yaml", "projects"}


def test_in_a_checkout_every_name_leads_to_where_people_look_for_it() -> None:
    assert {path.name for path in SHIPPED.iterdir() if path.is_symlink()} == NAMES
    assert checkout() == ROOT
    assert shipped("projects") == ROOT / "projects"
    assert shipped("examples/hangar/Cargo.toml").is_file()


def test_a_link_that_leads_nowhere_would_be_seen() -> None:
    assert all(path.exists() for path in SHIPPED.iterdir())


def test_an_absolute_path_is_itself(tmp_path: Path) -> None:
    assert shipped(str(tmp_path)) == tmp_path.resolve()


OWN_PLACE = re.compile(r"__file__")
MAY = {
    "loadmaster/rehearsal/pushes.py": "starts a module as a program",
    "loadmaster/shipped/__init__.py": "is the function",
}


def finders(root: Path) -> set[str]:
    """The modules that find something by where they lie themselves."""
    files = [path for top in ("loadmaster", "flows", "tasks", "deployments") for path in (root / top).rglob("*.py")]
    return {str(path.relative_to(root)) for path in files if OWN_PLACE.search(path.read_text(encoding="utf-8"))}


def test_nothing_else_finds_a_file_by_where_its_own_code_lies() -> None:
    assert finders(ROOT) == MAY.keys()


def test_planted_another_finder_is_found(tmp_path: Path) -> None:
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "careless.py").write_text("from pathlib import Path\nHERE = Path(__file__).parents[1]\n")
    assert finders(tmp_path) == {"tasks/careless.py"}


@pytest.mark.parametrize("link", sorted(NAMES))
def test_git_keeps_the_links(link: str) -> None:
    listed = subprocess.run(
        ("git", "ls-files", "--stage", f"loadmaster/shipped/{link}"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert listed.stdout.startswith("120000 ")
