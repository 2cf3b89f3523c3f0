"""What is printed in which form and volume: a receipt, progress, problems, and JSON for a terminal without Unicode."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from loadmaster.cli.commands.terminal import print_json, tell, warn
from loadmaster.cli.formats.format import Format
from loadmaster.cli.formats.printing import end_with_receipt
from loadmaster.cli.screen.volume import Volume, set_volume
from loadmaster.planning.show import receipt_text
from loadmaster.run.store import Store
from tests.kit.receipts import receipt


@pytest.fixture(autouse=True)
def normal_volume() -> Iterator[None]:
    yield
    set_volume(Volume.NORMAL)


WHOLE = {
    "the short table, as text": (Volume.NORMAL, Format.TEXT, False),
    "the short table, if only the outcome is wanted": (Volume.QUIET, Format.TEXT, False),
    "all of it, with -v": (Volume.VERBOSE, Format.TEXT, True),
    "all of it, in a job of CI": (Volume.NORMAL, Format.GITHUB, True),
}


@pytest.mark.parametrize(("loud", "form", "is_whole"), WHOLE.values(), ids=list(WHOLE))
def test_a_receipt_is(
    loud: Volume, form: Format, is_whole: bool, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    set_volume(loud)
    run = Store(tmp_path).run("3f2a8c1e")
    run.prefect_log.write_text("")
    with pytest.raises(typer.Exit) as ended:
        end_with_receipt(receipt(run="3f2a8c1e", options={}), form, Store(tmp_path))
    assert ended.value.exit_code == 0
    out = capfd.readouterr().out
    assert out.startswith(receipt_text(receipt(run="3f2a8c1e", options={}))) is is_whole
    assert (f"  log {run.prefect_log}\n" in out) is not is_whole


@pytest.mark.parametrize(("loud", "expected"), [(Volume.QUIET, "problem\n"), (Volume.NORMAL, "progress\nproblem\n")])
def test_quiet_leaves_the_progress_out_and_no_problem(
    loud: Volume, expected: str, capfd: pytest.CaptureFixture[str]
) -> None:
    set_volume(loud)
    tell("progress")
    warn("problem")
    assert capfd.readouterr() == ("", expected)


def test_a_problem_is_no_command_for_the_runner(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    warn("::add-path::/evil")
    assert capfd.readouterr().err == ": :add-path::/evil\n"


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_json_is_the_same_document_in_every_locale(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    document = {"why": "“zażółć” ##[add-path]/evil ✔"}
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    print_json(document)
    stream.seek(0)
    printed = stream.read()
    assert json.loads(printed) == document
    assert "##[" not in printed
    assert printed.isascii() is (encoding == "ascii")
