"""A server that means harm, on loopback. The first part of the path says how it answers; what follows does not matter.

- `bomb`: gzip of a few KiB that unpacks to gigabytes; `bombs`: the same, packed several times
- `loris`: headers, then a byte at a time; `loris-head`: the headers a byte at a time
- `redirect`: to itself, for ever
- `deep`: JSON of depth 100 000
- `wide`: JSON of five million empty lists
"""

from __future__ import annotations

import re
import socketserver
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

DEPTH = 100_000
_DRIP = 0.05
"""Seconds between two bytes."""


@contextmanager
def hostile_server() -> Iterator[str]:
    """Yields its address, without a slash at the end."""
    with _Server(("127.0.0.1", 0), _Answers) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.ended.set()
            server.shutdown()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64
    allow_reuse_address = True

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self.ended = threading.Event()


class _Answers(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        try:
            kind, length = re.split(r"[/?]", self.rfile.readline(65536).decode())[1].split(" ")[0], 0
            while (line := self.rfile.readline(65536)) not in (b"\r\n", b""):
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            self.rfile.read(length)
            _KINDS[kind](self)
        except (OSError, IndexError):  # the client has given up, as it should
            return

    def send(self, *headers: str, status: str = "200 OK") -> None:
        self.wfile.write("\r\n".join([f"HTTP/1.1 {status}", *headers, "Connection: close", "", ""]).encode())

    def drip(self, text: bytes) -> None:
        for byte in text:
            if self.server.ended.wait(_DRIP):
                return
            self.wfile.write(bytes([byte]))


def _bomb(answer: _Answers, times: int = 1) -> None:
    answer.send("Content-Encoding: " + ", ".join(["gzip"] * times))
    for chunk in bomb():
        answer.wfile.write(chunk)


def bomb(gibibytes: int = 4) -> Iterator[bytes]:
    """A gzip stream of zeros, in chunks."""
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    yield packer.compress(b"0") + packer.flush(zlib.Z_FULL_FLUSH)
    chunk = packer.compress(bytes(16 * 1024 * 1024)) + packer.flush(zlib.Z_FULL_FLUSH)
    for _ in range(64 * gibibytes):
        yield chunk


def _loris(answer: _Answers) -> None:
    answer.send()
    answer.drip(b"[" + b" " * DEPTH)


def _loris_head(answer: _Answers) -> None:
    answer.drip(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * DEPTH)


def _redirect(answer: _Answers) -> None:
    answer.send("Location: /redirect/again", "Content-Length: 0", status="302 Found")


def _deep(answer: _Answers) -> None:
    answer.send("Content-Type: application/json")
    answer.wfile.write(b"[" * DEPTH + b"]" * DEPTH)


def _wide(answer: _Answers) -> None:
    answer.send("Content-Type: application/json")
    answer.wfile.write(b"[")
    for _ in range(10):
        answer.wfile.write(b"[]," * 500_000)
    answer.wfile.write(b"[]]")


_KINDS: dict[str, Callable[[_Answers], None]] = {
    "bomb": _bomb,
    "bombs": lambda answer: _bomb(answer, times=3),
    "loris": _loris,
    "loris-head": _loris_head,
    "redirect": _redirect,
    "deep": _deep,
    "wide": _wide,
}
KINDS = tuple(_KINDS)
