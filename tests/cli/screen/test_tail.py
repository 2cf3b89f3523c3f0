"""A file that grows is read on from where the last look ended, whatever becomes of it."""

from __future__ import annotations

from pathlib import Path

from loadmaster.cli.screen.tail import Tail


def add(path: Path, text: str) -> None:
    with path.open("a") as sink:
        sink.write(text)


def test_only_whole_lines_are_read_and_each_once(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with Tail(path) as tail:
        assert tail.lines() == []
        add(path, "one\ntw")
        assert tail.lines() == [b"one"]
        add(path, "o\nthree\n")
        assert tail.lines() == [b"two", b"three"]
        assert tail.lines() == []


def test_what_was_written_before_the_file_was_removed_is_read(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    add(path, "one\n")
    with Tail(path) as tail:
        assert tail.lines() == [b"one"]
        add(path, "two\n")
        path.unlink()
        assert tail.lines() == [b"two"]
        add(path, "anew\n")
        assert tail.lines() == [b"anew"]


def test_a_file_that_was_begun_anew_in_place_is_read_from_its_start(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    add(path, "one\ntwo\n")
    with Tail(path) as tail:
        tail.lines()
        path.write_text("anew\n")
        assert tail.lines() == [b"anew"]


def test_what_is_there_already_can_be_left_out(tmp_path: Path) -> None:
    path = tmp_path / "log"
    add(path, "earlier\n")
    with Tail(path, from_now=True) as tail:
        add(path, "now\n")
        assert tail.lines() == [b"now"]
