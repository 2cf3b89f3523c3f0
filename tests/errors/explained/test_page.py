"""`loadmaster explain`: every code that a message shows is explained, and a wrong one is told the way out."""

from __future__ import annotations

import pytest

from loadmaster.errors.base import UsageError, at_terminal
from loadmaster.errors.explained.catalogue import catalogue
from loadmaster.errors.explained.page import error_page
from loadmaster.errors.explained.placeholders import placeholder_error
from loadmaster.errors.request import UnknownCode


@pytest.mark.parametrize("code", catalogue())
def test_the_command_below_each_message_prints_its_page(code: str) -> None:
    error = placeholder_error(catalogue()[code])
    *_, last = at_terminal(error).splitlines()
    more, program, command, named = last.split()
    assert (more, program, command) == ("more:", "loadmaster", "explain")
    assert error_page(named).startswith(f"# {code}\n")


def test_wrong_usage_of_a_command_has_no_page_and_names_none() -> None:
    assert "explain" not in at_terminal(UsageError("No such option.", why="a slip.", fix="mend it."))


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("disk-ful", "`disk-full`"),
        ("UploadRefused", "`upload-refused`"),
        ("index", "copy it from the message."),
        ("../receipt", "copy it from the message."),
        ("", "copy it from the message."),
    ],
    ids=["a slip", "the name of the class", "the index", "a path", "nothing"],
)
def test_a_code_that_is_none(code: str, told: str) -> None:
    with pytest.raises(UnknownCode) as refused:
        error_page(code)
    assert told in refused.value.fix
    assert refused.value.exit_code == 2
