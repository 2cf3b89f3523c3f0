"""Stands between a client and an engine, and at a chosen request goes silent or breaks off: the engine's end of it goes on."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Literal

Conduct = Literal["silent", "broken"]


class Proxy:
    """One thread for each direction of each connection; they end with their sockets."""

    def __init__(self, engine: str, trigger: bytes, conduct: Conduct, listening: socket.socket) -> None:
        self.engine, self.trigger, self.conduct, self.listening = engine, trigger, conduct, listening
        self.met = Event()
        """The request has come."""
        self.open: list[socket.socket] = [listening]
        self._lock = Lock()

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listening.accept()
                upstream = socket.socket(socket.AF_UNIX)
                with self._lock:
                    self.open += [client, upstream]
                upstream.connect(self.engine)
                Thread(target=self._pump, args=(client, upstream), daemon=True).start()
                Thread(target=self._pump, args=(upstream, client), daemon=True).start()

    def close(self) -> None:
        with self._lock:
            for each in self.open:
                # Wakes whoever reads from it, as closing alone does not.
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
                each.close()

    def _pump(self, origin: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := origin.recv(65536):
                if self.trigger in data:
                    self.met.set()
                    if self.conduct == "broken":
                        self.close()
                if self.met.is_set():
                    return
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


@contextmanager
def proxy(place: Path, engine: str, trigger: bytes, conduct: Conduct) -> Iterator[tuple[Proxy, str]]:
    """The proxy and its address; `engine` is that of a Unix socket, `place` an empty directory."""
    with ExitStack() as leaving:
        listening = leaving.enter_context(socket.socket(socket.AF_UNIX))
        listening.bind(str(place / "s"))
        listening.listen()
        stands = Proxy(engine.removeprefix("unix://"), trigger, conduct, listening)
        leaving.callback(stands.close)
        Thread(target=stands.serve, daemon=True).start()
        yield stands, f"unix://{place / 's'}"
