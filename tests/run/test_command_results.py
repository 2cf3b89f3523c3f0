"""What a run keeps of its commands: found again as it was, or not at all."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from loadmaster.errors.files import NotWritten
from loadmaster.planning.commands.changes import ChangedFile, FileChange
from loadmaster.planning.commands.results import CommandResult, KeptResult
from loadmaster.run.command_results import CommandResults

SHA256 = hashlib.sha256(b"table").hexdigest()
MADE = ChangedFile(path="docs/table.md", how=FileChange.MADE, sha256=SHA256)
LINK = ChangedFile(path="docs/latest.md", how=FileChange.MADE, link="table.md")
KEPT = KeptResult(result=CommandResult(name="docs", run=("make",), directory=None, files=(LINK, MADE)), seconds=0.5)


@pytest.fixture
def results(tmp_path: Path) -> CommandResults:
    (tmp_path / "made").write_bytes(b"table")
    return CommandResults(tmp_path / "commands")


def test_a_result_is_found_by_its_key_with_its_files(results: CommandResults, tmp_path: Path) -> None:
    assert results.find("k" * 64) is None
    assert not results.has_files([MADE])
    results.keep_file(tmp_path / "made", SHA256)
    results.keep("k" * 64, KEPT)
    assert results.find("k" * 64) == KEPT
    assert results.has_files([LINK, MADE])
    assert results.find("j" * 64) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"result": {}}', b"\xff"])
def test_what_cannot_be_read_is_as_if_it_were_lost(results: CommandResults, content: bytes) -> None:
    results.keep("k" * 64, KEPT)
    next(results.directory.glob("*.json")).write_bytes(content)
    assert results.find("k" * 64) is None


def test_damaged_bytes_are_not_kept_and_not_found(results: CommandResults, tmp_path: Path) -> None:
    results.keep_file(tmp_path / "made", SHA256)
    results.file(SHA256).write_bytes(b"tabel")
    assert not results.has_files([MADE])
    (tmp_path / "made").write_bytes(b"another")
    with pytest.raises(NotWritten, match="changed after the command had ended"):
        results.keep_file(tmp_path / "made", SHA256)


def test_a_link_in_the_place_of_a_file_is_not_followed(results: CommandResults, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "made")
    with pytest.raises(NotWritten, match="changed after"):
        results.keep_file(tmp_path / "link", SHA256)
    assert not results.has_files([MADE])
