"""What one run remembers of a forge: answers with their ETags, and the number of its requests."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import NamedTuple

import httpx

from loadmaster.planning.values.receipt import ForgeUse

_MOST = 200
"""Answers. A release asks for a few dozen addresses."""
_LARGEST = 1024 * 1024
"""Bytes of one answer."""


class Remembered(NamedTuple):
    etag: str
    headers: httpx.Headers
    content: bytes


class ForgeMemory:
    """For one token: another may be shown other answers. Safe to use from many threads."""

    def __init__(self) -> None:
        self._answers: OrderedDict[str, Remembered] = OrderedDict()
        self._requests = self._unchanged = 0
        self._lock = threading.Lock()

    @property
    def use(self) -> ForgeUse:
        with self._lock:
            return ForgeUse(requests=self._requests, unchanged=self._unchanged)

    def count(self, _request: httpx.Request) -> None:
        with self._lock:
            self._requests += 1

    def find(self, address: str) -> Remembered | None:
        with self._lock:
            return self._answers.get(address)

    def keep(self, address: str, answer: httpx.Response) -> None:
        """Keeps a success that has an ETag. Any other answer is forgotten: nothing old may be taken for it."""
        etag = answer.headers.get("ETag")
        with self._lock:
            self._answers.pop(address, None)
            if answer.is_success and etag and len(answer.content) <= _LARGEST:
                self._answers[address] = Remembered(etag, answer.headers, answer.content)
                while len(self._answers) > _MOST:
                    self._answers.popitem(last=False)

    def again(self, known: Remembered, request: httpx.Request) -> httpx.Response:
        """The answer that the forge says is unchanged."""
        with self._lock:
            self._unchanged += 1
        return httpx.Response(200, headers=known.headers, content=known.content, request=request)
