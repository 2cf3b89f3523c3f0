"""What ends a command, in words: who may not read something, and where an installation has the docs that a message points to."""

from __future__ import annotations

import pytest

from loadmaster.cli import ending
from loadmaster.cli.ending import ended_in_words
from loadmaster.errors.base import LoadmasterError
from loadmaster.shipped import shipped

POINTS_THERE = LoadmasterError("It failed", why="it does.", fix="`docs/server.md` says more.")


def told(error: Exception, capfd: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended, ended_in_words():
        raise error
    assert ended.value.code == 1
    return capfd.readouterr().err


def test_what_this_user_may_not_read_is_told_as_such(capfd: pytest.CaptureFixture[str]) -> None:
    refused = PermissionError(13, "Permission denied", "/srv/somebody/demo.toml")
    assert told(refused, capfd).startswith("loadmaster: `/srv/somebody/demo.toml` cannot be read: Permission denied.")


def test_an_installation_says_where_its_docs_are(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "docs: " not in told(POINTS_THERE, capfd), "in a checkout, everybody sees them"
    monkeypatch.setattr(ending, "checkout", lambda: None)
    assert told(POINTS_THERE, capfd).endswith(f"  docs: {shipped('docs')}\n")
    assert "docs: " not in told(LoadmasterError("It failed", why="it does.", fix="try again."), capfd)
