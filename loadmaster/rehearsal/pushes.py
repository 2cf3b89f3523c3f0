"""Pushes: the part of a world that its git remote's hooks ask, and the installation of these hooks.

It says what the forge's rules are against, and what faults the script has. It knows the two instants of a push: before git
updates the refs, and after that but before git answers. A remote on a path has no server of its own, hence the hooks; one process
decides and counts.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from loadmaster.clients.disk import writing
from loadmaster.rehearsal import push_hook
from loadmaster.rehearsal.faults import Door, Fault, Misfortune, kill
from loadmaster.rehearsal.forge.git_data.updating import RefUpdate, read_updates
from loadmaster.rehearsal.push_hook import CUT, GO_ON, REFUSE

_DOORS: dict[str, Door] = {"refs/heads/": "push-commit", "refs/tags/": "push-tag"}

_MISFORTUNE = """\
#!/bin/sh
exec {command} "$1"
"""
_COMMITTED = """\
#!/bin/sh
# Runs when refs were updated, before whoever pushes is told.
[ "$1" = committed ] || exit 0
exec {command} after
"""


class Pushes:
    def __init__(self, misfortune: Misfortune, refusal: Callable[[RefUpdate], str | None] | None = None) -> None:
        """`refusal` is what speaks against an update by the forge's rules; None if it has none but those of every remote."""
        self._misfortune, self._refusal = misfortune, refusal
        self._owed: dict[str, Fault] = {}

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/before", self._before, methods=["POST"]),
                Route("/after", self._after, methods=["POST"]),
            ]
        )

    @contextmanager
    def hooked(self, remote: Path, address: str) -> Iterator[None]:
        """Lets the remote ask this application, served at `address`, in the block; only if the script has faults of pushes, or
        the forge rules."""
        if self._refusal is None and not self._misfortune.script.is_about(*_DOORS.values()):
            yield
            return
        command = shlex.join([sys.executable, "-I", "-S", str(Path(push_hook.__file__).resolve()), address])
        hooks = {"misfortune": _MISFORTUNE, "reference-transaction": _COMMITTED}
        for name, text in hooks.items():
            hook = remote / "hooks" / name
            with writing(hook):
                hook.write_text(text.format(command=command))
                hook.chmod(0o700)
        try:
            yield
        finally:
            for name in hooks:
                (remote / "hooks" / name).unlink()

    async def _before(self, request: Request) -> Response:
        updates = read_updates((await request.body()).decode())
        for update in updates:
            refusal = await run_in_threadpool(self._refusal, update) if self._refusal is not None else None
            if refusal is not None:
                return PlainTextResponse(f"{REFUSE}\n{refusal}")
        for ref in (update.ref for update in updates):
            fault = next((self._misfortune.due(on) for prefix, on in _DOORS.items() if ref.startswith(prefix)), None)
            if fault is None:
                continue
            await self._misfortune.hold_up(fault)
            if fault.reset is not None:
                return PlainTextResponse(CUT)
            if fault.status is not None:
                return PlainTextResponse(f"{REFUSE}\n{fault.detail}")
            self._owed[ref] = fault
        return PlainTextResponse(GO_ON)

    async def _after(self, request: Request) -> Response:
        """Also asked when refs are updated without a push; no fault applies then."""
        for fault in [self._owed.pop(ref) for ref in await _refs(request) if ref in self._owed]:
            if fault.kill:
                kill()
            if fault.lose_answer:
                return PlainTextResponse(CUT)
        return PlainTextResponse(GO_ON)


async def _refs(request: Request) -> list[str]:
    return [line.split(" ", 2)[2] for line in (await request.body()).decode().splitlines()]
