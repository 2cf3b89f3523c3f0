"""The rehearsal world."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar

from loadmaster.errors.base import LoadmasterError


class PortTaken(LoadmasterError):
    """A server of ours cannot have the port that was asked for."""

    def __init__(self, port: int) -> None:
        super().__init__(
            f"Port `{port}` on loopback cannot be bound.",
            why="another program listens there (perhaps an earlier `loadmaster world`), or the port needs privileges.",
            fix="leave `--port` out to take a free one, or name another.",
        )


class UpstreamUnreachable(LoadmasterError):
    """The real index, or its downloads, gave no usable answer. Never taken for "no such crate"."""

    transient: ClassVar[bool] = True
    outage: ClassVar[bool] = True

    def __init__(self, url: str, told: str) -> None:
        super().__init__(
            f"The upstream registry gave no usable answer at `{url}`: {told}",
            why="this machine cannot reach it, or the registry is down for the moment.",
            fix="open the address from this machine; when the registry answers there, try again: what was fetched before is kept.",
        )


class UpstreamChecksumMismatch(LoadmasterError):
    """A crate file from upstream is not the one that upstream's index names."""

    transient: ClassVar[bool] = True

    def __init__(self, crate: str, version: str, url: str) -> None:
        super().__init__(
            f"The crate file of `{crate}@{version}` at `{url}` does not have the checksum of the index.",
            why="the download was cut short, or a proxy answered in the registry's place.",
            fix="try again; if it stays so, open the address and look at what answers.",
        )


class CorpusBroken(LoadmasterError):
    """A file of the conformance corpus cannot be read."""

    exit_code: ClassVar[int] = 2

    def __init__(self, file: str, problems: Collection[str]) -> None:
        super().__init__(
            f"The conformance corpus cannot be read at `{file}`: {'; '.join(problems)}",
            why="a case was edited by hand, or the corpus is not in this checkout.",
            fix="compare it with its neighbours; `docs/rehearsal.md` describes how a case is written.",
        )


class ServerNotAsked(LoadmasterError):
    """A server gave no answer at all to a case of the conformance corpus."""

    exit_code: ClassVar[int] = 4

    def __init__(self, server: str, case: str, told: str) -> None:
        super().__init__(
            f"`{server}` did not answer the case `{case}`: {told}",
            why="nothing listens there, the address is not that of the web API, or the server ended meanwhile.",
            fix="start it anew with the corpus' scenario, then replay from the first case: later ones rest on earlier ones.",
        )
