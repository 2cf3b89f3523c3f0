"""The forge's half of a release: a draft, its assets, and its publication."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import ClassVar

import httpx

from loadmaster.clients.forge import refs
from loadmaster.clients.forge import releases as forge
from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.forge.answers import AssetDifferent, ForgeAlreadyThere, ForgeLacksTag, ForgeUnreachable
from loadmaster.planning.forge.releases import Asset, Draft, ForgeRelease
from loadmaster.planning.values.observation import Observation
from loadmaster.planning.values.receipt import ObjectKind
from loadmaster.planning.values.state import ObjectState
from loadmaster.things.thing import Thing

AsGood = Callable[[bytes, bytes], bool]


class ReleaseObservation(Observation):
    release: ForgeRelease | None = None
    """The release on the forge."""


@dataclass(frozen=True, kw_only=True)
class DraftedRelease(Thing[ReleaseObservation]):
    """A release of the tag, drafted or public. Of several drafts, every attempt chooses the same one."""

    kind: ClassVar[ObjectKind] = "release"
    client: httpx.Client
    tag: str

    @property
    def id(self) -> str:
        return self.tag

    @property
    def place(self) -> str:
        return str(self.client.base_url)

    def observe(self) -> ReleaseObservation:
        """Raises what `forge.find_release` raises."""
        release = forge.find_release(self.client, self.tag)
        if release is None:
            return ReleaseObservation(state=ObjectState.ABSENT, code="absent", why="not on the forge")
        code = "draft" if release.draft else "public"
        return ReleaseObservation(state=ObjectState.SAME, code=code, why=release.url, release=release)

    def create(self, draft: Draft) -> None:
        """Raises `ForgeLacksTag`: publishing a release without its tag would make the forge create one."""
        if refs.find_tag(self.client, self.tag) is None:
            raise ForgeLacksTag(self.tag)
        forge.create_draft(self.client, draft)


@dataclass(frozen=True, kw_only=True)
class PublicRelease(DraftedRelease):
    """A release of the tag that everybody sees, and that is what its version says: a pre-release or not."""

    prerelease: bool | None = None
    """None if either is right."""

    def observe(self) -> ReleaseObservation:
        seen = super().observe()
        if seen.release is None:
            return seen
        if seen.release.draft:
            why = "only a draft of it, which nobody sees"
            return seen.model_copy(update={"state": ObjectState.ABSENT, "why": why})
        if self.prerelease is not None and seen.release.prerelease != self.prerelease:
            why = (
                "public as a full release, and it is a pre-release"
                if self.prerelease
                else "public as a pre-release only"
            )
            return ReleaseObservation(state=ObjectState.ABSENT, code="wrong-kind", why=why, release=seen.release)
        return seen

    def publish(self, release: ForgeRelease, *, latest: bool, notes: str | None = None) -> None:
        """`notes` become its text; None leaves that as it is."""
        forge.publish(self.client, release.id, latest=latest, prerelease=self.prerelease, notes=notes)


@dataclass(frozen=True, kw_only=True)
class UploadedAsset(Thing[Observation]):
    """A file of a release. Without `ours`, it is recognised by the digests that earlier runs recorded."""

    kind: ClassVar[ObjectKind] = "asset"
    client: httpx.Client
    release: ForgeRelease
    name: str
    noted_as: str
    """Its id in the receipt."""
    ours: bytes | None
    recorded: Collection[str] = ()
    """SHA-256 of what earlier runs uploaded or compared."""
    is_as_good: AsGood | None = None
    """Called with the bytes on the forge and ours. Whether the forge's may stay although they differ."""

    @property
    def id(self) -> str:
        return self.noted_as

    @property
    def place(self) -> str:
        return self.release.url

    def observe(self) -> Observation:
        """Raises what `forge.assets` and `forge.download_asset` raise."""
        assets = forge.assets(self.client, self.release.id)
        asset = next((asset for asset in assets if asset.name == self.name), None)
        if asset is None:
            return Observation(state=ObjectState.ABSENT, code="absent", why="not on the forge release")
        if self.ours is None:
            return self._judge_digest(asset)
        return self._judge_bytes(self._download(asset), self.ours)

    def _download(self, asset: Asset) -> bytes:
        """Raises `ForgeUnreachable` for bytes that the forge does not list: something in between answered in its place."""
        content = forge.download_asset(self.client, asset)
        if asset.sha256 is not None and (served := _sha256(content)) != asset.sha256:
            told = f"the download has the SHA-256 `{served}`, and the forge lists `{asset.sha256}`"
            raise ForgeUnreachable(asset.url, told)
        return content

    def _judge_digest(self, asset: Asset) -> Observation:
        sha256 = asset.sha256 or _sha256(forge.download_asset(self.client, asset))
        if sha256 in self.recorded:
            why = "the digest that an earlier run recorded"
            return Observation(state=ObjectState.SAME, code="recorded-checksum", why=why, sha256=sha256)
        why = "there; no earlier run recorded this digest"
        return Observation(state=ObjectState.UNKNOWN, code="never-compared", why=why, sha256=sha256)

    def _judge_bytes(self, theirs: bytes, ours: bytes) -> Observation:
        digest = _sha256(theirs)
        if theirs == ours:
            return Observation(state=ObjectState.SAME, code="equal-bytes", sha256=digest)
        if self.is_as_good is not None and self.is_as_good(theirs, ours):
            why = "an earlier attempt's receipt of this release"
            return Observation(state=ObjectState.EQUIVALENT, code="same-release", why=why, sha256=digest)
        facts = {"ours": _sha256(ours), "theirs": digest}
        return Observation(state=ObjectState.DIFFERENT, code="other-bytes", facts=facts, sha256=digest)

    def conflict(self, seen: Observation) -> LoadmasterError:
        facts = seen.facts or {}
        return AssetDifferent(self.name, str(facts.get("ours")), str(facts.get("theirs")))

    def upload(self) -> None:
        """Uploads the asset. An earlier upload whose answer was lost counts as this one: the asset is observed next."""
        assert self.ours is not None  # else there is nothing to upload
        try:
            forge.upload_asset(self.client, self.release, self.name, self.ours)
        except ForgeAlreadyThere:
            return


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
