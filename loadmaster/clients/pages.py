"""Recognises a page for people, where an API was asked: somebody in between answered, such as a proxy that wants a sign-in."""

from __future__ import annotations

import re

import httpx

from loadmaster.errors.redaction import redact

_PAGE = re.compile(rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype html|html|head|body|title)\b", re.IGNORECASE | re.DOTALL)


_LOOKED_AT = 4096
"""Bytes; of a long answer no more is searched for tokens, and no more is shown to anybody."""


def beginning(answer: httpx.Response) -> str:
    """The first words of an answer, for a person."""
    # Redacted before it is shortened: half a token would not be recognised.
    return redact(answer.content[:_LOOKED_AT].decode(errors="replace"))[:200].strip()


def is_page(answer: httpx.Response) -> bool:
    """Whether the answer is HTML. No API of a registry or a forge answers so; a storage host's errors are XML."""
    return answer.headers.get("Content-Type", "").startswith("text/html") or bool(_PAGE.match(answer.content))
