"""The characters of a terminal. In a locale without Unicode, signs become ASCII, and everything else stays as it is.

Python itself speaks UTF-8 even with `LANG=C`, where a terminal shows what follows a sign as rubbish.
"""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Mapping
from io import TextIOWrapper

ASCII_SIGNS: Mapping[str, str] = {
    "✔": "+",
    "✘": "x",
    "≈": "~",
    "·": ".",
    "▸": ">",
    "–": "-",
    "—": "-",
    "…": "~",  # one column, as tables are laid out before they are written
    "→": "->",
    "×": "x",
    "█": "#",
    "░": "-",
    "“": '"',
    "”": '"',
    "’": "'",
    "\u00a0": " ",
}


def speaks_unicode(environ: Mapping[str, str]) -> bool:
    """Whether the locale of the environment has UTF-8, by the rules of POSIX: the first variable that is set counts.

    Where there is no other locale, Python sets `LC_CTYPE=C.UTF-8` for itself: that is not the terminal's.
    """
    if not environ.get("LC_ALL") and environ.get("LC_CTYPE") == "C.UTF-8":
        environ = {"LANG": environ.get("LANG", "")}
    named = next((environ[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environ.get(name)), "")
    return "utf8" in named.lower().replace("-", "")


def suit_the_locale() -> None:
    """From now on, standard output and error take every text: signs as the locale has them, a broken name as it is."""
    codecs.register_error("ascii-signs", _as_ascii_signs)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            if speaks_unicode(os.environ):
                stream.reconfigure(encoding="utf-8", errors="surrogateescape")
            else:
                stream.reconfigure(encoding="ascii", errors="ascii-signs")


def _as_ascii_signs(error: UnicodeError) -> tuple[bytes, int]:
    """A sign in ASCII; another character in UTF-8, because it may be part of a name that is to be typed."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    wrong = error.object[error.start : error.end]
    text = "".join(ASCII_SIGNS.get(sign, sign) for sign in wrong)
    return text.encode("utf-8", "surrogateescape"), error.end


def has_ascii_only(stream: object) -> bool:
    return (getattr(stream, "encoding", None) or "").lower() in ("ascii", "us-ascii")
