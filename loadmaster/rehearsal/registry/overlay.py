"""Our crates laid over upstream's: which crates exist, their index lines, and their files.

It knows the ledger and the upstream. It refuses to know HTTP, and what may be done with a crate.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from loadmaster.index_as_of.upstream import Upstream
from loadmaster.planning.crates_io.names import canonical
from loadmaster.planning.crates_io.refusal import Refusal
from loadmaster.planning.crates_io.requirement import strip_build
from loadmaster.planning.values.value import Value
from loadmaster.rehearsal.registry.index import merged
from loadmaster.rehearsal.registry.ledger import Ledger
from loadmaster.rehearsal.registry.paths import check_crate_in_path, check_version_in_path


class UpstreamCrate(Value):
    name: str
    versions: frozenset[str]
    """Without build metadata."""


class Overlay:
    def __init__(self, ledger: Ledger, upstream: Upstream | None) -> None:
        self._ledger = ledger
        self._upstream = upstream

    async def index(
        self, name: str, accepted_by: datetime | None = None, *, without_newest: bool = False
    ) -> bytes | None:
        """The index file of a crate. The name is in lower case, with `-` and `_` as in the crate's own.

        Of the versions uploaded here it shows those that were accepted by then; if it is stale, all of these except the newest.
        """
        upstream = await self._upstream_lines(name)
        ours = self.ours(name, accepted_by)
        lines = merged(upstream, ours[:-1] if without_newest else ours)
        return b"".join(line + b"\n" for line in lines) if lines else None

    def ours(self, name: str, accepted_by: datetime | None) -> tuple[str, ...]:
        """The lines of the versions uploaded here, accepted by then, oldest first."""
        crate = self._ledger.crate(name)
        return self._ledger.lines(name, accepted_by) if crate is not None and crate.name.lower() == name.lower() else ()

    async def entries(self, name: str) -> list[dict[str, Any]]:
        """The index entries of a crate with an equivalent name; none if there is no such crate."""
        upstream = await self._find_upstream(name)
        return [json.loads(line) for line in merged(upstream, self._ledger.lines(name))]

    async def known(self, name: str) -> list[dict[str, Any]]:
        """The entries of a crate that exists. Raises `Refusal`."""
        check_crate_in_path(name)
        entries = await self.entries(name)
        if not entries:
            raise Refusal(404, f"crate `{name}` does not exist")
        return entries

    async def known_version(self, name: str, version: str) -> tuple[int, dict[str, Any]]:
        """The entry of a version that exists, and its place, from 1. Raises `Refusal`."""
        check_version_in_path(version)
        for number, entry in enumerate(await self.known(name), 1):
            if entry["vers"] == version:
                return number, entry
        raise Refusal(404, f"crate `{name}` does not have a version `{version}`")

    async def upstream_crate(self, name: str) -> UpstreamCrate | None:
        """Upstream's crate with an equivalent name."""
        entries = [json.loads(line) for line in await self._find_upstream(name)]
        if not entries:
            return None
        return UpstreamCrate(
            name=entries[0]["name"], versions=frozenset(strip_build(entry["vers"]) for entry in entries)
        )

    async def known_upstream(self, names: Iterable[str]) -> frozenset[str]:
        """The names that upstream has in exactly this spelling."""
        asked = sorted(set(names))
        answers = await asyncio.gather(*(self._upstream_lines(name) for name in asked))
        return frozenset(
            name for name, lines in zip(asked, answers, strict=True) if lines and json.loads(lines[0])["name"] == name
        )

    async def crate_file(self, name: str, version: str) -> Path | None:
        for entry in await self.entries(name):
            if entry["vers"] == version:
                ours = self._ledger.crate_file(entry["cksum"])
                if ours.exists() or self._upstream is None:
                    return ours
                return await self._upstream.crate_file(entry["name"], version, entry["cksum"])
        return None

    async def close(self) -> None:
        if self._upstream is not None:
            await self._upstream.aclose()

    async def _upstream_lines(self, name: str) -> tuple[bytes, ...]:
        return await self._upstream.lines(name) if self._upstream is not None else ()

    async def _find_upstream(self, name: str) -> tuple[bytes, ...]:
        """Tries three spellings, because a sparse index has no search: the given one, all `-`, and all `_`."""
        underscored = canonical(name)
        spellings = dict.fromkeys((name.lower(), underscored.replace("_", "-"), underscored))
        for lines in await asyncio.gather(*(self._upstream_lines(spelling) for spelling in spellings)):
            if lines:
                return lines
        return ()
