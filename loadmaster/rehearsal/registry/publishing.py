"""`PUT api/v1/crates/new`: crates.io's checks, in its order.

A client can observe the order: nothing is counted until a token is accepted, and every attempt after that takes
one from the bucket, however it ends. Few threads at a time read crate files, and one writes to the ledger, so
that many uploads at once need little memory and do not compete for its lock.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any, ParamSpec, Protocol, TypeVar

from starlette.requests import Request

from loadmaster.planning.crates_io.manifest import PackagedManifest, parse_packaged_manifest
from loadmaster.planning.crates_io.names import check_crate_name, check_not_reserved
from loadmaster.planning.crates_io.refusal import Refusal, forbidden
from loadmaster.planning.crates_io.rules import check_manifest, check_version
from loadmaster.planning.crates_io.tarball import unpack
from loadmaster.planning.crates_io.tokens import TRUSTED_PREFIX
from loadmaster.planning.values.value import Value
from loadmaster.rehearsal.registry.credentials import check_email, credential_sent
from loadmaster.rehearsal.registry.framing import Metadata, check_whole, read_metadata, tarball_length
from loadmaster.rehearsal.registry.gate import Doorman
from loadmaster.rehearsal.registry.ledger import Ledger
from loadmaster.rehearsal.registry.limits import Limits, check_bucket
from loadmaster.rehearsal.registry.overlay import Overlay, UpstreamCrate
from loadmaster.rehearsal.registry.policy import Policies
from loadmaster.rehearsal.registry.receiving import Incoming, place_beside
from loadmaster.rehearsal.registry.records import Submission, Tarball

P = ParamSpec("P")
T = TypeVar("T")

NOTHING_ANNOUNCED = Metadata(name="", version="")


TRUSTPUB_ONLY = (
    "New versions of this crate can only be published using Trusted Publishing "
    "(see https://crates.io/docs/trusted-publishing)."
)


class TrustedTokens(Protocol):
    """Knows the short-lived tokens (`cio_tp_…`) of trusted publishers."""

    def admit(self, credential: str, crate: str | None, now: datetime) -> dict[str, Any]:
        """The data of the run that publishes to `crate`, in its own spelling; `crate` is None for a missing crate.

        Raises `Refusal`.
        """


class Uploader(Value):
    """Who uploads: an account, or a trusted publisher's run."""

    login: str | None
    trustpub_data: dict[str, Any] | None


class Publishing:
    def __init__(
        self,
        ledger: Ledger,
        overlay: Overlay,
        gate: Doorman,
        policies: Policies,
        trusted: TrustedTokens,
        limits: Limits,
        clock: Callable[[], datetime],
        take_time: Callable[[], Awaitable[None]],
    ) -> None:
        """`take_time` is awaited between the checks and the acceptance of an upload."""
        self._ledger, self._overlay, self._limits = ledger, overlay, limits
        self._gate, self._policies, self._trusted = gate, policies, trusted
        self._clock, self._take_time = clock, take_time
        self._judges = ThreadPoolExecutor(4, "judge")
        self._writer = ThreadPoolExecutor(1, "ledger")

    def place(self) -> contextlib.AbstractContextManager[Path]:
        """A place for a crate file while it is checked."""
        return place_beside(self._ledger.crate_files)

    async def receive(self, incoming: Incoming, head: bytes, place: Path) -> Tarball:
        """The crate file that follows `head`; empty if it is too large or was not announced."""
        try:
            length = tarball_length(read_metadata(head)[1], self._limits.upload_bytes)
        except Refusal:  # `publish` raises it in its turn
            length = 0
        return await incoming.crate_file(place, length)

    async def publish(self, head: bytes, tarball: Tarball, request: Request) -> Metadata:
        """Publishes the received crate, and returns its metadata. Raises `Refusal`, `UpstreamUnreachable`."""
        metadata, rest = read_metadata(head)
        check_crate_name(metadata.name)
        check_version(metadata.version)
        self._policies.check_not_deleted(metadata.name, self._clock())
        upstream = await self._overlay.upstream_crate(metadata.name)
        publisher = await self._admit(request, metadata.name, upstream)
        check_whole(tarball_length(rest, self._limits.upload_bytes), tarball.size)
        manifest = await _within(self._judges, self._judge, tarball, metadata)
        submission = Submission(
            manifest=manifest,
            tarball=tarball,
            login=publisher.login,
            trustpub_data=publisher.trustpub_data,
            upstream_name=upstream.name if upstream else None,
            upstream_versions=upstream.versions if upstream else frozenset(),
            upstream_crates=await self._overlay.known_upstream(d.crate for d in manifest.dependencies),
        )
        check_not_reserved(metadata.name)
        self._policies.check_not_reserved(metadata.name)
        await self._take_time()
        await _within(self._writer, self._ledger.publish, submission, self._clock(), self._daily_limit())
        return metadata

    async def _admit(self, request: Request, name: str, upstream: UpstreamCrate | None) -> Uploader:
        """The publisher of this crate by the token alone. An account's attempt is counted. Raises `Refusal`."""
        here = self._ledger.crate(name)
        known = here or upstream
        sent = credential_sent(request.headers.get("Authorization"))
        if sent is not None and sent.startswith(TRUSTED_PREFIX):
            run = self._trusted.admit(sent, known.name if known else None, self._clock())
            return Uploader(login=None, trustpub_data=run)
        grant = self._gate.admit(request, "publish-update" if known else "publish-new", name)
        if here is not None and here.trustpub_only:
            raise forbidden(TRUSTPUB_ONLY)
        check_email(grant)
        rate = self._limits.rate("update" if known else "new", grant.limits)
        check_bucket(await _within(self._writer, self._ledger.take_token, grant.login, rate, self._clock()), rate)
        return Uploader(login=grant.login, trustpub_data=None)

    def announced(self, head: bytes) -> Metadata:
        """The metadata; empty if it cannot be read."""
        try:
            return read_metadata(head)[0]
        except Refusal:
            return NOTHING_ANNOUNCED

    def _daily_limit(self) -> int | None:
        decided = self._policies.current().daily_per_crate
        return self._limits.daily_per_crate if decided is None else decided

    def _judge(self, tarball: Tarball, metadata: Metadata) -> PackagedManifest:
        package = f"{metadata.name}-{metadata.version}"
        contents = unpack(tarball.path.read_bytes(), package, self._limits.unpacked_bytes)
        manifest = parse_packaged_manifest(contents.manifest, contents.paths)
        check_manifest(manifest, metadata.name, metadata.version)
        return manifest


async def _within(threads: ThreadPoolExecutor, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    return await asyncio.get_running_loop().run_in_executor(threads, lambda: work(*args, **kwargs))
