"""Recognises a page for people, where an API was asked: somebody in between answered, such as a proxy that wants a sign-in."""

from __future__ import annotations

import re

import httpx

_PAGE = re.compile(rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype html|html|head|body|title)\b", re.IGNORECASE | re.DOTALL)


def is_page(answer: httpx.Response) -> bool:
    """Whether the answer is HTML. No API of a registry or a forge answers so; a storage host's errors are XML."""
    return answer.headers.get("Content-Type", "").startswith("text/html") or bool(_PAGE.match(answer.content))
