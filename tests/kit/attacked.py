"""Asks a hostile server by every client, in a process of its own: `python -m tests.kit.attacked ADDRESS KIND…`.

Prints JSON: for each kind of answer what each question ended with, the seconds that it took, and how much the process grew.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from loadmaster.clients import bounded
from loadmaster.clients.forge import releases, workflows
from loadmaster.clients.forge.http import http_client
from loadmaster.clients.registry import questions, trusted_publishing
from loadmaster.clients.registry import registry as of_registry
from loadmaster.clients.registry.registry import RegistryClient
from loadmaster.errors.base import LoadmasterError
from loadmaster.index_as_of import upstream as of_upstream
from loadmaster.index_as_of.upstream import Upstream
from loadmaster.planning.forge.releases import Asset
from loadmaster.planning.permissions.reading import Document, interpret
from loadmaster.stack.api import Api

T = TypeVar("T")
SECONDS, IN_NO_HURRY = 0.5, 10.0
"""Instead of the minutes that answers may take, for those who drip and for others; nothing else of the bounds is changed."""
_MODULES: tuple[ModuleType, ...] = (bounded, of_registry, of_upstream, releases, workflows)


class _Led(RegistryClient):
    """A registry whose `config.json` was sound."""

    @property
    def api(self) -> str:
        return self.index

    @property
    def dl(self) -> str:
        return self.index


@dataclass(frozen=True)
class _Asked:
    site: str
    http: bounded.Client

    def questions(self) -> dict[str, Callable[[], object]]:
        registry, led = RegistryClient(self.site, self.http), _Led(self.site, self.http)
        forge = http_client(self.site, "ada/hangar", "token")
        asset = {"id": 1, "name": "a", "size": 1, "state": "uploaded", "browser_download_url": ""}
        served = Asset.model_validate({**asset, "url": f"{self.site}/asset"})
        return {
            "the index": lambda: registry.lines("core"),
            "sixteen index files at once": lambda: _all_raised(registry),
            "the index once more": lambda: registry.look_again("core", None),
            "config.json": lambda: registry.api,
            "the API": lambda: led.published_checksum("core", "1.0.0"),
            "a crate": lambda: _taken(led.download("core", "1.0.0", "0" * 64)),
            "an upload": lambda: led.upload("core@1.0.0", b"{}", "token"),
            "a yank": lambda: led.yank("core", "1.0.0", "token"),
            "permissions": lambda: _document(self.site, self.http),
            "an ID token": lambda: trusted_publishing.identity_token(self.site, "token", "there", self.http),
            "a token": lambda: trusted_publishing.exchange(self.site, "jwt", self.http),
            "a revocation": lambda: trusted_publishing.revoke(self.site, "token", self.http),
            "the forge's releases": lambda: releases.releases(forge),
            "an asset": lambda: _taken(releases.download_asset(forge, served)),
            "a workflow's log": lambda: _taken(workflows.job_log(forge, 1)),
            "upstream's index": lambda: self._upstream(lambda upstream: upstream.lines("core")),
            "upstream's config.json": lambda: self._upstream(lambda upstream: upstream.downloads()),
            "Prefect": lambda: Api(self.site).run("0"),
        }

    def _upstream(self, ask: Callable[[Upstream], Awaitable[T]]) -> T:
        async def asked() -> T:
            upstream = Upstream(self.site, Path(tempfile.mkdtemp()), as_of=datetime.now(UTC))
            try:
                return await ask(upstream)
            finally:
                await upstream.aclose()

        return asyncio.run(asked())


def _all_raised(registry: RegistryClient) -> int:
    """How many of them were answered; raises if none was."""
    found = registry.find_lines_of([f"core-{number}" for number in range(16)]).values()
    errors = [each for each in found if isinstance(each, LoadmasterError)]
    if len(errors) == len(found):
        raise errors[0]
    return len(found) - len(errors)


def _document(site: str, http: bounded.Client) -> Document | None:
    """None for an answer that no gate reads."""
    reading = interpret(questions.owners(site, "core", http))
    return reading if isinstance(reading, Document) else None


def _taken(content: bytes | str) -> None:
    """Bytes of any kind are an answer here: a digest, or a nonce in a log, says later what they are worth."""
    assert len(content) < 128 * bounded.MIB


def _outcome(ask: Callable[[], object]) -> dict[str, object]:
    begun = time.monotonic()
    try:
        answer = ask()
        told = "unread" if answer is None else f"answered {answer!r:.80}"
    except LoadmasterError as error:
        told = error.code
    except BaseException as error:  # noqa: BLE001 - the test tells it
        told = f"raised {type(error).__name__}: {error}"
    return {"outcome": told, "seconds": time.monotonic() - begun}


def _hurry(seconds: float) -> None:
    for module in _MODULES:
        for name, bounds in list(vars(module).items()):
            if isinstance(bounds, bounded.Bounds):
                setattr(module, name, replace(bounds, seconds=seconds))


def _memory_mib(field: str) -> float:
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{field}:"))


def _attack(site: str, *, drips: bool) -> dict[str, object]:
    # Who only waits may wait together; what takes memory is to be seen alone.
    seconds, at_once = (SECONDS, 20) if drips else (IN_NO_HURRY, 1)
    _hurry(seconds)
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")  # the peak begins anew
    before = _memory_mib("VmRSS")
    http = bounded.Client(replace(bounded.API, seconds=seconds), follow_redirects=True)
    asked = _Asked(site, http).questions()
    with ThreadPoolExecutor(at_once) as pool:
        told = dict(zip(asked, pool.map(_outcome, asked.values()), strict=True))
    return {"mib": _memory_mib("VmHWM") - before, "told": told}


def main(address: str, *kinds: str) -> None:
    print(json.dumps({kind: _attack(f"{address}/{kind}", drips="loris" in kind) for kind in kinds}))


if __name__ == "__main__":
    main(*sys.argv[1:])
