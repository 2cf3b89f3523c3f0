"""What of a job's log is shown: its last words, and nothing that a terminal obeys or that opens a door."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadmaster.planning.forge.job_log import MOST_CHARACTERS, MOST_LINES, last_lines

STAMP = "2026-11-30T10:00:00.1234567Z "


def log(*lines: str) -> str:
    return "".join(f"{STAMP}{line}\n" for line in lines)


def test_the_last_error_that_the_job_marked_ends_it() -> None:
    printed = log("one", "two", "##[error]Process completed with exit code 101.", "Post job cleanup.", "git version")
    assert last_lines(printed) == ("one", "two", "Process completed with exit code 101.")


def test_without_one_its_end_is_shown() -> None:
    assert last_lines(log(*map(str, range(100)))) == tuple(map(str, range(100 - MOST_LINES, 100)))


def test_groups_and_commands_are_left_out() -> None:
    assert last_lines(log("##[group]Run cargo publish", "cargo publish", "##[endgroup]", "error: 403")) == (
        "cargo publish",
        "error: 403",
    )


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("\x1b[31merror\x1b[0m: no", "error: no"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\", "click"),
        ("a\rb\x08c\x00", "abc"),
        ("\u202egnp.exe", "gnp.exe"),
        ("\x9b31mred", "31mred"),
    ],
)
def test_no_terminal_obeys_it(printed: str, shown: str) -> None:
    assert last_lines(log(printed)) == (shown,)


@pytest.mark.parametrize(
    "secret",
    [
        "ghp_0123456789abcdefABCDEF0123456789abcd",
        "github_pat_11AAAAAAA0_abcdefghijklmnop",
        "ghs_0123456789abcdefABCDEF",
        "cio0123456789abcdefABCDEF0123456789",
        "cio_tp_0123456789abcdefABCDEF0123456",
        "pypi-AgEIcHlwaS5vcmcCJDAxMjM0",
        "AKIAIOSFODNN7EXAMPLE",
        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJyZXBvOiJ9.c2lnbmF0dXJl",
    ],
)
def test_no_token_is_shown(secret: str) -> None:
    (line,) = last_lines(log(f"CARGO_REGISTRY_TOKEN={secret} cargo publish"))
    assert secret not in line
    assert line.startswith("CARGO_REGISTRY_TOKEN=")


def test_a_bearer_is_hidden_whatever_its_shape() -> None:
    assert last_lines(log("Authorization: Bearer abc123def456")) == ("Authorization: Bearer [redacted]",)


def test_a_line_without_end_is_cut() -> None:
    (line,) = last_lines(log("x" * 10_000))
    assert len(line) < MOST_CHARACTERS + 10


@given(st.text())
def test_any_log_is_read(text: str) -> None:
    assert len(last_lines(text)) <= MOST_LINES
