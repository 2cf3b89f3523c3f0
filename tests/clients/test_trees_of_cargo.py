"""Trees as Loadmaster reads and bumps them, against what real cargo says of the same files."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loadmaster.clients.files import read_tree
from loadmaster.clients.rewriting import write_files
from loadmaster.errors.files import ByteOrderMark
from loadmaster.planning.edits.bump import bump_tree
from loadmaster.planning.profile.policy import Policy, Requirements
from loadmaster.planning.profile.project import ReleaseStyle
from loadmaster.planning.tree.tree import read_workspace, workspace_roots
from loadmaster.planning.tree.workspace import Workspace, read_metadata
from tests.kit.checkout import ROOT
from tests.kit.generated_workspaces import Texts, at, workspaces

pytestmark = pytest.mark.cargo

DAY = date(2026, 1, 31)
LOCKSTEP = ReleaseStyle()
_slow = settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])


def cargo(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ("cargo", *arguments, "--offline"), cwd=directory, capture_output=True, text=True, check=False
    )


def metadata(directory: Path, *arguments: str) -> str:
    done = cargo(directory, "metadata", "--format-version", "1", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def seen_by_cargo(top: Path, root: str) -> Workspace:
    return read_metadata(json.loads(metadata((top / root).parent, "--no-deps")), root)


@contextmanager
def written(texts: Mapping[str, str]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as place:
        root = Path(place).resolve()
        for path, text in texts.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(text.encode())
        yield root


def contents(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def bump(directory: Path, version: str, style: ReleaseStyle = LOCKSTEP) -> None:
    decided = bump_tree(read_tree(directory), version, style, DAY)
    write_files(directory, decided.edits)


def lock(directory: Path) -> list[Path]:
    """Has cargo write a lockfile for every workspace of the tree; the directories."""
    places = [(directory / path).parent for path in workspace_roots(read_tree(directory))]
    for place in places:
        done = cargo(place, "generate-lockfile")
        assert done.returncode == 0, done.stderr
    return places


def test_the_demo_workspace_is_read_as_cargo_reads_it() -> None:
    hangar = ROOT / "examples" / "hangar"
    files = read_tree(hangar)
    assert workspace_roots(files) == ("Cargo.toml", "fuzz/Cargo.toml")
    for path in workspace_roots(files):
        assert read_workspace(files, path) == seen_by_cargo(hangar, path)


@_slow
@given(workspaces())
def test_a_workspace_is_read_as_cargo_reads_it(texts: Texts) -> None:
    with written(at("1.2.3", texts)) as root:
        files = read_tree(root)
        for path in workspace_roots(files):
            assert read_workspace(files, path) == seen_by_cargo(root, path)


_styles = st.builds(
    lambda policy, moving: ReleaseStyle(policy=policy, requirements=moving),
    st.sampled_from(Policy),
    st.none() | st.sampled_from(Requirements),
)
_number = st.integers(0, 12)
_versions = st.builds("{}.{}.{}".format, _number, _number, _number).filter(lambda each: each != "0.1.7")


@_slow
@given(workspaces(), _versions, _versions)
def test_cargo_takes_a_bumped_tree_as_it_is_and_bumping_back_restores_every_byte(
    texts: Texts, old: str, new: str
) -> None:
    with written(at(old, texts)) as root:
        places = lock(root)
        before = contents(root)
        bump(root, new)
        for place in places:
            metadata(place, "--locked")
        bump(root, old)
        assert contents(root) == before


@_slow
@given(workspaces(), _versions, st.sampled_from(["major", "minor", "patch", "rc"]), _styles)
def test_cargo_takes_a_tree_bumped_by_any_level_and_policy(
    texts: Texts, old: str, level: str, style: ReleaseStyle
) -> None:
    with written(at(old, texts)) as root:
        places = lock(root)
        bump(root, level, style)
        for place in places:
            metadata(place, "--locked")


def test_a_byte_order_mark_that_cargo_passes_over_is_refused(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "lib.rs").touch()
    (tmp_path / "Cargo.toml").write_text('\ufeff[package]\nname = "a"\nversion = "1.0.0"\n', encoding="utf-8")
    lock(tmp_path)
    with pytest.raises(ByteOrderMark, match=r"`Cargo\.toml` begins with a byte order mark"):
        bump(tmp_path, "2.0.0")
