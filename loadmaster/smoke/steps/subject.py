"""Collects the parts of a released program for its test: its bytes with a checked digest, its object, its behaviour.

They come from the forge's assets, a directory of assets, or a path on this machine. Nothing is run here.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import httpx

from loadmaster.clients.forge import releases as forge
from loadmaster.clients.forge.http import GITHUB, http_client
from loadmaster.credentials.sources import given_forge_token
from loadmaster.errors.smoke_subject import (
    SmokeAssetMissing,
    SmokeChecksumDiffers,
    SmokeChecksumMissing,
    SmokeFileMissing,
    SmokeSubjectUnknown,
    SmokeVersionsDiffer,
)
from loadmaster.planning.plan import CHECKSUMS
from loadmaster.planning.smoke.archive import take_program
from loadmaster.planning.smoke.elf import require_object, require_program
from loadmaster.planning.smoke.style import ArtefactStyle, ObjectSource
from loadmaster.planning.smoke.subject import Behaviour, ReleaseSubject
from loadmaster.planning.values.address import is_loopback
from loadmaster.run.profiles import load_project
from loadmaster.smoke.request import SmokeRequest


class Assets(NamedTuple):
    """The files of a release, in one place."""

    place: str
    """Its name for a person."""
    digests: Mapping[str, str | None]
    """By name, the SHA-256 that the place itself gives; None if it gives none."""
    read: Callable[[str], bytes]


def release_subject(request: SmokeRequest, machine: str | None = None) -> ReleaseSubject | None:
    """The program to start; None if the profile does not say where its object comes from.

    Raises `SmokeSubjectUnknown`, `SmokeFileMissing`, and what `_asset` and the checks of the bytes raise.
    """
    style = request.style.artefact
    if style is None or request.version is None:
        raise SmokeSubjectUnknown(str(request.project))
    if style.object is None:
        return None
    of_object = style.object.version.format(version=request.version)
    if of_object != request.version:
        raise SmokeVersionsDiffer(style.binary, request.version, of_object)
    with forge_client(request) as client:
        binary = _binary(request, style, client)
        obj = _object(request, style.object, client)
    require_program(style.binary, binary, machine or platform.machine())
    require_object(style.object.asset or str(style.object.file), obj)
    behaviour = Behaviour.model_validate(style.model_dump(include=set(Behaviour.model_fields)))
    return ReleaseSubject(name=style.binary, version=request.version, binary=binary, object=obj, behaviour=behaviour)


def _binary(request: SmokeRequest, style: ArtefactStyle, client: httpx.Client) -> bytes:
    if request.binary is not None:
        return _file(request.binary)
    if style.asset is None:
        raise SmokeFileMissing(style.binary)
    name = style.asset.format(version=request.version)
    return take_program(name, _asset(_assets(request, client), name), style.binary)


def _object(request: SmokeRequest, source: ObjectSource, client: httpx.Client) -> bytes:
    if source.file is not None:
        return _file(source.file.format(version=request.version))
    return _asset(_assets(request, client), str(source.asset).format(version=request.version))


def _file(path: str) -> bytes:
    """Raises `SmokeFileMissing`."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise SmokeFileMissing(path) from error


def _asset(assets: Assets, name: str) -> bytes:
    """The bytes of the asset. There must be a checksum for them, and all checksums must agree.

    Raises `SmokeAssetMissing`, `SmokeChecksumMissing`, `SmokeChecksumDiffers`.
    """
    if name not in assets.digests:
        raise SmokeAssetMissing(name, assets.place, assets.digests)
    content = assets.read(name)
    actual = hashlib.sha256(content).hexdigest()
    checksums = dict(_checksums_of(assets, name))
    if not checksums:
        raise SmokeChecksumMissing(name)
    for source, expected in checksums.items():
        if expected != actual:
            raise SmokeChecksumDiffers(name, source, expected, actual)
    return content


def _checksums_of(assets: Assets, name: str) -> Iterable[tuple[str, str]]:
    """The SHA-256 of the asset by each source: the place itself, and the checksum files beside it."""
    if digest := assets.digests[name]:
        yield assets.place, digest
    for file in (f"{name}.sha256", CHECKSUMS):
        if file in assets.digests:
            for line in assets.read(file).decode(errors="replace").splitlines():
                digest, _, of = line.strip().partition(" ")
                if of.strip().removeprefix("*") in {name, ""} and digest:
                    yield f"`{file}`", digest.lower()


def _assets(request: SmokeRequest, client: httpx.Client) -> Assets:
    if request.assets is not None:
        directory = Path(request.assets)
        names = sorted(file.name for file in directory.iterdir()) if directory.is_dir() else []
        return Assets(str(directory), dict.fromkeys(names), lambda name: _file(str(directory / name)))
    tag = request.tag or load_project(str(request.project)).tag_of(str(request.project), str(request.version))
    release = forge.find_release(client, tag)
    assets = {asset.name: asset for asset in forge.assets(client, release.id)} if release is not None else {}
    digests = {name: asset.sha256 for name, asset in assets.items()}
    return Assets(f"the forge's release {tag}", digests, lambda name: forge.download_asset(client, assets[name]))


def forge_client(request: SmokeRequest) -> httpx.Client:
    """A client for the project's repository. A forge on this machine is a rehearsal's: it does not get a person's token."""
    address = request.forge or GITHUB
    token = None if is_loopback(address) else given_forge_token()
    repository = load_project(request.project).forge if request.project is not None else "none/none"
    return http_client(address, repository, token.reveal() if token else None)
