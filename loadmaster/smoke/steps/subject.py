"""Puts together what a released program is tested with: its bytes with a checked digest, its object, its behaviour.

From the forge's assets or a directory of them, or from a path on this machine. Nothing is run here.
"""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import httpx

from loadmaster.clients.forge import releases as forge
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
    """Where a release's files are."""

    place: str
    """As a person calls it."""
    digests: Mapping[str, str | None]
    """By name: the SHA-256 that the place itself vouches for; None where it vouches for none."""
    read: Callable[[str], bytes]


def release_subject(asked: SmokeRequest, machine: str | None = None) -> ReleaseSubject | None:
    """What to start; None if the profile says of no object where it comes from.

    Raises `SmokeSubjectUnknown`, `SmokeFileMissing`, and what `_asset` and the judging of bytes raise.
    """
    style = asked.style.artefact
    if style is None or asked.version is None:
        raise SmokeSubjectUnknown(str(asked.project))
    if style.object is None:
        return None
    of_object = style.object.version.format(version=asked.version)
    if of_object != asked.version:
        raise SmokeVersionsDiffer(style.binary, asked.version, of_object)
    with forge_client(asked) as client:
        binary = _binary(asked, style, client)
        obj = _object(asked, style.object, client)
    require_program(style.binary, binary, machine or platform.machine())
    require_object(style.object.asset or str(style.object.file), obj)
    behaviour = Behaviour.model_validate(style.model_dump(include=set(Behaviour.model_fields)))
    return ReleaseSubject(name=style.binary, version=asked.version, binary=binary, object=obj, behaviour=behaviour)


def _binary(asked: SmokeRequest, style: ArtefactStyle, client: httpx.Client) -> bytes:
    if asked.binary is not None:
        return _file(asked.binary)
    if style.asset is None:
        raise SmokeFileMissing(style.binary)
    name = style.asset.format(version=asked.version)
    return take_program(name, _asset(_assets(asked, client), name), style.binary)


def _object(asked: SmokeRequest, source: ObjectSource, client: httpx.Client) -> bytes:
    if source.file is not None:
        return _file(source.file.format(version=asked.version))
    return _asset(_assets(asked, client), str(source.asset).format(version=asked.version))


def _file(path: str) -> bytes:
    """Raises `SmokeFileMissing`."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise SmokeFileMissing(path) from error


def _asset(assets: Assets, name: str) -> bytes:
    """The bytes, if somebody vouches for them and nobody says otherwise.

    Raises `SmokeAssetMissing`, `SmokeChecksumMissing`, `SmokeChecksumDiffers`.
    """
    if name not in assets.digests:
        raise SmokeAssetMissing(name, assets.place, assets.digests)
    content = assets.read(name)
    actual = hashlib.sha256(content).hexdigest()
    told = dict(_told(assets, name))
    if not told:
        raise SmokeChecksumMissing(name)
    for by, expected in told.items():
        if expected != actual:
            raise SmokeChecksumDiffers(name, by, expected, actual)
    return content


def _told(assets: Assets, name: str) -> Iterable[tuple[str, str]]:
    """Who says which SHA-256 of it: the place, and the checksum files beside it."""
    if digest := assets.digests[name]:
        yield assets.place, digest
    for file in (f"{name}.sha256", CHECKSUMS):
        if file in assets.digests:
            for line in assets.read(file).decode(errors="replace").splitlines():
                digest, _, of = line.strip().partition(" ")
                if of.strip().removeprefix("*") in {name, ""} and digest:
                    yield f"`{file}`", digest.lower()


def _assets(asked: SmokeRequest, client: httpx.Client) -> Assets:
    if asked.assets is not None:
        directory = Path(asked.assets)
        names = sorted(each.name for each in directory.iterdir()) if directory.is_dir() else []
        return Assets(str(directory), dict.fromkeys(names), lambda name: _file(str(directory / name)))
    tag = asked.tag or load_project(str(asked.project)).release.tag.format(version=asked.version, name=asked.project)
    release = forge.find_release(client, tag)
    there = {each.name: each for each in forge.assets(client, release.id)} if release is not None else {}
    digests = {name: each.sha256 for name, each in there.items()}
    return Assets(f"the forge's release {tag}", digests, lambda name: forge.download_asset(client, there[name]))


def forge_client(asked: SmokeRequest) -> httpx.Client:
    """A client of the project's repository. The environment's token goes to no forge on this machine: that is a rehearsal's."""
    address = asked.forge or forge.GITHUB
    token = None if is_loopback(address) else os.environ.get(forge.FORGE_TOKEN)
    repository = load_project(asked.project).forge if asked.project is not None else "none/none"
    return forge.http_client(address, repository, token)
