"""The one place where a given credential is looked up: this process's own, then a file's, then the keeper's."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadmaster.credentials import asking
from loadmaster.credentials.given import given, let_go, own, read_files
from loadmaster.errors.credentials import SecretFileUnread, SecretGivenTwice
from loadmaster.errors.redaction import HIDDEN, redact
from loadmaster.planning.profile.secret_variables import (
    FORGE_TOKEN_VARIABLE,
    GIVEN_VARIABLES,
    SECRET_VARIABLES,
    TOKEN_VARIABLE,
)
from tests.kit.checkout import ROOT
from tests.kit.credentials import holding
from tests.kit.keepers import keeping

OF_FILE = f"{TOKEN_VARIABLE}_FILE"


@pytest.fixture(autouse=True)
def nothing_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("LOADMASTER_HOME", str(tmp_path))
    for name in GIVEN_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    yield
    let_go()


def test_its_own_comes_before_the_keeper_s(tmp_path: Path) -> None:
    with keeping(tmp_path):
        assert given(TOKEN_VARIABLE) is None
        asking.give(tmp_path, TOKEN_VARIABLE, "the-keeper-s-value")
        assert given(TOKEN_VARIABLE) == "the-keeper-s-value"
        with holding({TOKEN_VARIABLE: "its-own-value"}):
            assert given(TOKEN_VARIABLE) == "its-own-value"


def test_a_file_is_read_once_without_its_line_s_end_and_known_to_the_redactor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "token"
    file.write_text("token-of-a-file\n")
    monkeypatch.setenv(OF_FILE, str(file))
    read_files()
    file.unlink()
    assert (given(TOKEN_VARIABLE), OF_FILE in os.environ) == ("token-of-a-file", False)
    assert redact("it was token-of-a-file") == f"it was {HIDDEN}"
    read_files()
    assert own() == {TOKEN_VARIABLE: "token-of-a-file"}


def test_a_pipe_is_read_to_its_end_and_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    end, into = os.pipe()
    os.write(into, b"token-of-a-pipe\n")
    os.close(into)
    monkeypatch.setenv(OF_FILE, f"/dev/fd/{end}")
    assert given(TOKEN_VARIABLE) == "token-of-a-pipe"
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(end)


REFUSED = {
    "no such file": (None, "No such file or directory"),
    "more than a token": (b"x" * 20_000, "it has more than 16384 bytes"),
    "no text": (b"\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8\xf7", "it is no text"),
}


@pytest.mark.parametrize(("content", "told"), REFUSED.values(), ids=REFUSED)
def test_a_file_that_is_no_token_s_is_refused(
    content: bytes | None, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setenv(OF_FILE, str(file))
    with pytest.raises(SecretFileUnread, match=told) as refused:
        read_files()
    assert (refused.value.exit_code, refused.value.facts["variable"]) == (2, OF_FILE)


def test_two_values_for_one_name_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OF_FILE, str(tmp_path))
    with holding({TOKEN_VARIABLE: "its-own-value"}), pytest.raises(SecretGivenTwice):
        read_files()


READS = re.compile(r"os\.environ|getenv")
NAMES = re.compile("|".join((*sorted(GIVEN_VARIABLES), r"\w*TOKEN_VARIABLE", r"\w+_VARIABLES")))
MAY = {
    "loadmaster/cli/commands/blocks.py",
    "loadmaster/clients/git/command.py",
    "loadmaster/credentials/given.py",
    "loadmaster/credentials/moving.py",
    "loadmaster/guarded/server.py",
    "loadmaster/guarded/spare.py",
}
"""The move, the look-up (which refuses what it finds there), what hides from git what it finds there, the server, which tells
Prefect its key, the spare process, which is given no sign-in, and the reader of blocks, which looks for an address."""


def readers(root: Path) -> set[str]:
    """The files that read the environment and name a variable of a credential."""
    tops = ("loadmaster", "flows", "tasks", "deployments")
    files = [path for top in tops for path in (root / top).rglob("*.py")]
    texts = {str(path.relative_to(root)): path.read_text(encoding="utf-8") for path in files}
    return {name for name, text in texts.items() if READS.search(text) and NAMES.search(text)}


def test_nothing_else_reads_a_credential_from_the_environment() -> None:
    assert readers(ROOT) == MAY


def test_planted_another_reader_is_found(tmp_path: Path) -> None:
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "careless.py").write_text(f'import os\ntoken = os.environ["{FORGE_TOKEN_VARIABLE}"]\n')
    (tmp_path / "tasks" / "harmless.py").write_text('import os\npath = os.environ["PATH"]\n')
    assert readers(tmp_path) == {"tasks/careless.py"}
    assert FORGE_TOKEN_VARIABLE in SECRET_VARIABLES
