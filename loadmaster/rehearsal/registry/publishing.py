"""`PUT api/v1/crates/new`: crates.io's checks, in its order.

The order is what a client can observe: nothing is counted until a token is accepted, and every attempt after that takes
one from the bucket, however it ends.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from starlette.concurrency import run_in_threadpool

from loadmaster.rehearsal.registry.credentials import Grant, check_alive, check_allows, check_email, token_sent
from loadmaster.rehearsal.registry.framing import Metadata, read_metadata, read_tarball
from loadmaster.rehearsal.registry.ledger import Ledger
from loadmaster.rehearsal.registry.limits import Limits, check_bucket
from loadmaster.rehearsal.registry.manifest import Manifest, read_manifest
from loadmaster.rehearsal.registry.names import check_crate_name, check_not_reserved
from loadmaster.rehearsal.registry.overlay import Overlay
from loadmaster.rehearsal.registry.records import Submission
from loadmaster.rehearsal.registry.rules import check_manifest, check_version
from loadmaster.rehearsal.registry.tarball import unpack


class Publishing:
    def __init__(self, ledger: Ledger, overlay: Overlay, limits: Limits, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._overlay = overlay
        self._limits = limits
        self._clock = clock

    async def publish(self, body: bytes, authorization: str | None) -> Metadata:
        """Publishes what the body holds, and says what that was. Raises `Refusal`, `UpstreamUnreachable`."""
        metadata, rest = read_metadata(body)
        check_crate_name(metadata.name)
        check_version(metadata.version)
        upstream = await self._overlay.upstream_crate(metadata.name)
        is_new = upstream is None and self._ledger.spelling(metadata.name) is None
        grant = self.grant(authorization)
        check_allows(grant, "publish-new" if is_new else "publish-update", metadata.name)
        check_email(grant)
        rate = self._limits.rate(is_new=is_new)
        check_bucket(self._ledger.take_token(grant.login, rate, self._clock()), rate)
        tarball = read_tarball(rest, self._limits.upload_bytes)
        manifest = await run_in_threadpool(self._judge, tarball, metadata)
        submission = Submission(
            manifest=manifest,
            tarball=tarball,
            login=grant.login,
            upstream_name=upstream.name if upstream else None,
            upstream_versions=upstream.versions if upstream else frozenset(),
            upstream_crates=await self._overlay.known_upstream(d.crate for d in manifest.dependencies),
        )
        check_not_reserved(metadata.name)
        await run_in_threadpool(self._ledger.publish, submission, self._clock(), self._limits.daily_per_crate)
        return metadata

    def grant(self, authorization: str | None) -> Grant:
        """Who is asking. Raises `Refusal`."""
        return check_alive(self._ledger.grant(token_sent(authorization)), self._clock())

    def _judge(self, tarball: bytes, metadata: Metadata) -> Manifest:
        contents = unpack(tarball, f"{metadata.name}-{metadata.version}", self._limits.unpacked_bytes)
        manifest = read_manifest(contents.manifest, contents.paths)
        check_manifest(manifest, metadata)
        return manifest
