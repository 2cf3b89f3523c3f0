"""Trusted publishers' tokens: `cio_tp_`, 31 random letters and digits, and one that checks them. Pure, except for making one."""

from __future__ import annotations

import secrets
import string
from functools import reduce
from operator import xor

from loadmaster.planning.crates_io.refusal import Refusal
from loadmaster.planning.crates_io.tokens import TRUSTED_PREFIX

_ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits
_LENGTH = 31


def new_access_token() -> str:
    raw = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    return f"{TRUSTED_PREFIX}{raw}{_check_character(raw)}"


def check_access_token(text: str) -> str:
    """Returns the text if it has the form of such a token. Raises `Refusal`."""
    raw, check = text.removeprefix(TRUSTED_PREFIX)[:-1], text[-1:]
    is_one = (
        text.startswith(TRUSTED_PREFIX)
        and len(raw) == _LENGTH
        and set(raw + check) <= set(_ALPHABET)
        and check == _check_character(raw)
    )
    if not is_one:
        raise Refusal(401, "Invalid `Authorization` header: Failed to parse token")
    return text


def _check_character(raw: str) -> str:
    return _ALPHABET[reduce(xor, raw.encode(), 0) % len(_ALPHABET)]
