"""How the keeper is spoken to: one request and one answer on a Unix socket, each with its length before it.

Both are fields of text with a zero byte between them, which no variable's value can hold. Every reading has a size and a time.
"""

from __future__ import annotations

import socket
import struct
import sys
import time

PLACE, SOCKET = "keeper", "socket"
"""The directory below the home, and the socket's name in it."""
LONGEST_VALUE = 16 * 1024
"""Bytes. The longest that CI systems give are ID tokens of two or three thousand."""
LONGEST = LONGEST_VALUE + 1024
"""Bytes of a request or an answer."""
GIVE, ASK = "give", "ask"
HELD, NONE, KEPT, REPLACED, REFUSED = "held", "none", "kept", "replaced", "refused"

_LENGTH = struct.Struct("!I")
_LINUX_PEER = struct.Struct("iII")
"""Linux's `ucred`: process, user, group."""
_MACOS_PEER = struct.Struct("II")
"""The beginning of macOS's `xucred`: version, user."""
_MACOS_LEVEL, _MACOS_PEERCRED = 0, 1


class Malformed(ValueError):
    """What the other side sent is no request and no answer."""


def send(connection: socket.socket, fields: list[str], deadline: float) -> None:
    """Raises TimeoutError at the deadline (of `time.monotonic`), OSError."""
    body = "\0".join(fields).encode(errors="surrogateescape")
    connection.settimeout(_left(deadline))
    connection.sendall(_LENGTH.pack(len(body)) + body)


def receive(connection: socket.socket, deadline: float) -> list[str]:
    """Raises `Malformed`, TimeoutError at the deadline (of `time.monotonic`), OSError."""
    (length,) = _LENGTH.unpack(_exactly(connection, _LENGTH.size, deadline))
    if length > LONGEST:
        raise Malformed(f"{length} bytes are announced, and {LONGEST} are the most")
    return _exactly(connection, length, deadline).decode(errors="surrogateescape").split("\0")


def _exactly(connection: socket.socket, size: int, deadline: float) -> bytes:
    content = b""
    while len(content) < size:
        connection.settimeout(_left(deadline))
        part = connection.recv(size - len(content))
        if not part:
            raise Malformed(f"the other side ended after {len(content)} of {size} bytes")
        content += part
    return content


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("the other side took too long")
    return left


def user_at(connection: socket.socket) -> int:
    """The user who runs the process at the other end, as the kernel says. Raises OSError where the kernel does not."""
    if sys.platform == "linux":
        told = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _LINUX_PEER.size)
        return int(_LINUX_PEER.unpack(told)[1])
    if sys.platform == "darwin":
        told = connection.getsockopt(_MACOS_LEVEL, _MACOS_PEERCRED, 76)
        return int(_MACOS_PEER.unpack_from(told)[1])
    raise OSError(f"{sys.platform} does not say whose process is at the other end of a socket")
