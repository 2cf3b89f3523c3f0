"""Serves an ASGI application on loopback with uvicorn, in a thread of this process, for the length of a `with` block."""

from __future__ import annotations

import errno
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from loadmaster.errors.rehearsal import PortTaken

LOOPBACK = "127.0.0.1"


@contextmanager
def serving(app: ASGIApp, port: int = 0) -> Iterator[str]:
    """Serves `app` and yields its address (`http://127.0.0.1:PORT`, no trailing slash). Port 0 takes a free port.

    Raises `PortTaken`.
    """
    # cargo offers HTTP/2 to every plain-text server, and uvicorn warns about each such request. Prefect sets the level, too.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    listener = _listen(port)
    # A request that a fault still delays must not keep the release's process alive.
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="on", ws="none", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    started = threading.Event()
    server_startup = server.startup

    async def startup(sockets: list[socket.socket] | None = None) -> None:
        await server_startup(sockets)
        started.set()

    server.startup = startup  # type: ignore[method-assign]  # uvicorn has no other hook for the end of its start
    thread = threading.Thread(target=server.run, args=([listener],), name="serving", daemon=True)
    thread.start()
    try:
        started.wait()
        yield f"http://{LOOPBACK}:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def _listen(port: int) -> socket.socket:
    # asyncio sets TCP_NODELAY only if the protocol is named; without it, every answer waits tens of milliseconds.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
    except OSError as error:
        listener.close()
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            raise PortTaken(port) from error
        raise
    listener.listen(128)
    return listener
