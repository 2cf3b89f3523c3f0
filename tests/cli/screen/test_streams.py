"""The characters of a terminal, by the environment's locale, and whether there are colours."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping

import pytest

from loadmaster.cli.screen.colours import can_redraw, wants_colours
from loadmaster.cli.screen.streams import ASCII_SIGNS, speaks_unicode

LOCALES = {
    "none is set": ({}, False),
    "C": ({"LANG": "C"}, False),
    "POSIX for everything, whatever LANG says": ({"LC_ALL": "POSIX", "LANG": "en_US.UTF-8"}, False),
    "UTF-8 by LANG": ({"LANG": "de_DE.UTF-8"}, True),
    "UTF-8 spelled as glibc does": ({"LANG": "C.utf8"}, True),
    "UTF-8 for everything": ({"LC_ALL": "C.UTF-8", "LANG": "C"}, True),
    "an empty LC_ALL does not count": ({"LC_ALL": "", "LANG": "en_GB.UTF-8"}, True),
    "Latin": ({"LANG": "de_DE.ISO-8859-1"}, False),
    "what Python sets for itself where LANG is C": ({"LC_CTYPE": "C.UTF-8", "LANG": "C"}, False),
    "UTF-8 for characters alone": ({"LC_CTYPE": "en_US.UTF-8", "LANG": "C"}, True),
}


@pytest.mark.parametrize(("environment", "expected"), LOCALES.values(), ids=list(LOCALES))
def test_a_locale_has_unicode(environment: Mapping[str, str], expected: bool) -> None:
    assert speaks_unicode(environment) is expected


PRINTS = """
from loadmaster.cli.screen.streams import suit_the_locale
suit_the_locale()
print("✔ → ü …", b"\\xff".decode("utf-8", "surrogateescape"))
"""
PRINTED = {
    "C": ({"LANG": "C"}, b"+ -> \xc3\xbc ~ \xff\n"),
    "UTF-8": ({"LANG": "C.UTF-8"}, "✔ → ü … ".encode() + b"\xff\n"),
}


@pytest.mark.parametrize(("environment", "expected"), PRINTED.values(), ids=list(PRINTED))
def test_signs_suit_the_locale_and_names_stay_what_they_are(environment: Mapping[str, str], expected: bytes) -> None:
    done = subprocess.run([sys.executable, "-c", PRINTS], env=dict(environment), capture_output=True, check=False)
    assert (done.stdout, done.stderr) == (expected, b"")


def test_every_sign_has_its_ascii() -> None:
    assert all(len(sign) == 1 and not sign.isascii() and text.isascii() for sign, text in ASCII_SIGNS.items())


COLOURS = {
    "a terminal": ({"TERM": "xterm"}, True, True),
    "no terminal": ({"TERM": "xterm"}, False, False),
    "a dumb terminal": ({"TERM": "dumb"}, True, False),
    "NO_COLOR": ({"TERM": "xterm", "NO_COLOR": "1"}, True, False),
    "an empty NO_COLOR does not count": ({"TERM": "xterm", "NO_COLOR": ""}, True, True),
    "FORCE_COLOR, into a pipe": ({"FORCE_COLOR": "1"}, False, True),
    "CLICOLOR_FORCE, into a pipe": ({"CLICOLOR_FORCE": "1"}, False, True),
    "CLICOLOR_FORCE=0": ({"CLICOLOR_FORCE": "0"}, False, False),
    "NO_COLOR comes before what forces": ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
    "CLICOLOR=0": ({"TERM": "xterm", "CLICOLOR": "0"}, True, False),
}


@pytest.mark.parametrize(("environment", "is_terminal", "expected"), COLOURS.values(), ids=list(COLOURS))
def test_there_are_colours(environment: Mapping[str, str], is_terminal: bool, expected: bool) -> None:
    assert wants_colours(environment, is_terminal=is_terminal) is expected


REDRAWN = {
    "a terminal": ({"TERM": "xterm"}, True, True),
    "a dumb one": ({"TERM": "dumb"}, True, False),
    "one of which nobody says what it is": ({}, True, False),
    "no terminal": ({"TERM": "xterm"}, False, False),
    "no terminal, with colours": ({"TERM": "xterm", "FORCE_COLOR": "1"}, False, False),
}


@pytest.mark.parametrize(("environment", "is_terminal", "expected"), REDRAWN.values(), ids=list(REDRAWN))
def test_lines_may_be_written_over(environment: Mapping[str, str], is_terminal: bool, expected: bool) -> None:
    assert can_redraw(environment, is_terminal=is_terminal) is expected
