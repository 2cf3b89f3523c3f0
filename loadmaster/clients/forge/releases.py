"""GitHub's REST API for releases and their assets.

It knows addresses, shapes and statuses. It refuses to know what a release should look like: the caller compares whether an
existing draft or asset is ours. Each function raises the errors that `loadmaster.clients.forge.http` lists, unless it says
otherwise.
"""

from __future__ import annotations

import hashlib
from typing import Any

import httpx

from loadmaster.clients.bounded import ASSET, LARGE_ASSET
from loadmaster.clients.forge.http import UPLOADING, pages, read, send, streamed
from loadmaster.planning.forge.releases import Asset, Draft, ForgeRelease


def releases(client: httpx.Client) -> tuple[ForgeRelease, ...]:
    """Every release, newest first; drafts too if the token may write."""
    answers = pages(client, "releases")
    return tuple(release for answer in answers for release in read(tuple[ForgeRelease, ...], answer))


def find_release(client: httpx.Client, tag: str) -> ForgeRelease | None:
    """The published release of `tag`; else its oldest draft; else None.

    Searches the list, because the forge finds no draft by its tag. The forge allows two drafts of one tag: every attempt takes
    the same one.
    """
    of_tag = [release for release in releases(client) if release.tag == tag]
    return min(of_tag, key=lambda release: (release.draft, release.id), default=None)


def create_draft(client: httpx.Client, draft: Draft) -> ForgeRelease:
    """Creates a draft, even if the tag has one already: call `find_release` first."""
    return read(ForgeRelease, send(client, "POST", "releases", json={**draft.model_dump(), "draft": True}))


def publish(
    client: httpx.Client, release: int, *, latest: bool = True, prerelease: bool | None = None, notes: str | None = None
) -> ForgeRelease:
    """Makes the release public. `latest`: whether the forge shows it as its latest one. None leaves the rest as it is."""
    wanted = {"draft": False, "make_latest": "true" if latest else "false", "prerelease": prerelease, "body": notes}
    wanted = {name: value for name, value in wanted.items() if value is not None}
    return read(ForgeRelease, send(client, "PATCH", f"releases/{release}", json=wanted))


def assets(client: httpx.Client, release: int) -> tuple[Asset, ...]:
    answers = pages(client, f"releases/{release}/assets")
    return tuple(asset for answer in answers for asset in read(tuple[Asset, ...], answer))


def upload_asset(
    client: httpx.Client,
    release: ForgeRelease,
    name: str,
    content: bytes,
    content_type: str = "application/octet-stream",
) -> Asset:
    """Also raises `ForgeAlreadyThere` if the release has an asset of that name: nothing is overwritten."""
    address = release.upload_url.partition("{")[0]
    headers = {"Content-Type": content_type}
    settings: dict[str, Any] = {"headers": headers, "timeout": UPLOADING, "extensions": ASSET.asked}
    answer = send(client, "POST", address, params={"name": name}, content=content, **settings)
    return read(Asset, answer)


def download_asset(client: httpx.Client, asset: Asset) -> bytes:
    """The bytes, from wherever the forge redirects to; the token is not sent to another host."""
    headers = {"Accept": "application/octet-stream"}
    settings: dict[str, Any] = {"follow_redirects": True, "timeout": UPLOADING, "extensions": ASSET.asked}
    return send(client, "GET", asset.url, headers=headers, **settings).content


def hash_asset(client: httpx.Client, asset: Asset) -> str:
    """The SHA-256 of the bytes that the forge serves. They are read piece by piece: GitHub takes 2 GiB."""
    digest = hashlib.sha256()
    headers = {"Accept": "application/octet-stream"}
    for piece in streamed(client, asset.url, headers=headers, timeout=UPLOADING, extensions=LARGE_ASSET.asked):
        digest.update(piece)
    return digest.hexdigest()
