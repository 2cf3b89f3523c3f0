"""The released program that is tested: where its bytes come from, and that nobody else's are taken for them."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from loadmaster.clients import git
from loadmaster.clients.forge import releases as forge
from loadmaster.clients.forge.http import http_client
from loadmaster.clients.serving import serving
from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.request import UnknownProject, WrongRequest
from loadmaster.errors.smoke_subject import (
    SmokeArchiveRefused,
    SmokeAssetMissing,
    SmokeChecksumDiffers,
    SmokeChecksumMissing,
    SmokeFileMissing,
    SmokeProgramForeign,
    SmokeSubjectUnknown,
    SmokeVersionsDiffer,
)
from loadmaster.planning.forge.releases import Draft
from loadmaster.rehearsal.forge import Forge
from loadmaster.smoke.request import smoke_request
from loadmaster.smoke.steps.subject import release_subject
from tests.kit.archives import GOOD, OBJECT, PROGRAM, special, tar

PROFILE = """
forge = "ada/hangar"
[source]
directory = "examples/hangar"
[smoke]
subject = "release"
[smoke.artefact]
binary = "hangar"
asset = "hangar-{version}.tar.gz"
policy = "deny: [\\"{victim}\\"]"
arguments = ["monitor", "--ebpf", "{object}", "--policy", "{policy}"]
ready = ["running"]
"""
OF_ASSET = '[smoke.artefact.object]\nasset = "hangar.o"\n'
NAME = "hangar-1.0.0.tar.gz"
WHEN = datetime(2026, 10, 1, tzinfo=UTC)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def projects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of profiles in which there is `smoked`, which releases an object, too."""
    place = tmp_path / "projects"
    place.mkdir()
    monkeypatch.setattr("loadmaster.run.profiles.PROJECTS", place)
    (place / "smoked.toml").write_text(PROFILE + OF_ASSET)
    return place


def assets(place: Path, archive: bytes = tar(*GOOD), **sums: str) -> Path:
    """A directory of assets as a release has them; `sums` stand in `SHA256SUMS` instead of the right ones."""
    place.mkdir()
    (place / NAME).write_bytes(archive)
    (place / "hangar.o").write_bytes(OBJECT)
    told = {NAME: sha256(archive), "hangar.o": sha256(OBJECT)} | sums
    (place / "SHA256SUMS").write_text("".join(f"{digest}  {name}\n" for name, digest in told.items()))
    return place


def asked(**more: Any) -> Any:
    return smoke_request({"project": "smoked", "version": "1.0.0", **more})


@pytest.mark.usefixtures("projects")
def test_program_and_object_come_out_of_the_assets(tmp_path: Path) -> None:
    subject = release_subject(asked(assets=str(assets(tmp_path / "assets"))), "x86_64")
    assert subject is not None
    assert (subject.binary, subject.object, subject.version) == (PROGRAM, OBJECT, "1.0.0")
    assert subject.behaviour.policy == 'deny: ["{victim}"]'


@pytest.mark.usefixtures("projects")
def test_a_forge_is_asked_for_the_assets_of_the_tag_and_believed_with_its_digests(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "file").touch()
    remote = tmp_path / "remote.git"
    commit = git.import_directory(tmp_path / "tree", remote, "main", WHEN)
    made = Forge(tmp_path / "forge", remote=remote, owner="ada", name="hangar")
    made.add_token("t0ken")
    with serving(made.app()) as address, http_client(address, "ada/hangar", "t0ken") as client:
        draft = Draft(tag_name="v1.0.0", name="1.0.0", body="", target_commitish=commit)
        release = forge.create_draft(client, draft)
        forge.upload_asset(client, release, NAME, tar(*GOOD))
        forge.upload_asset(client, release, "hangar.o", OBJECT)
        forge.publish(client, release.id)
        subject = release_subject(asked(forge=address), "x86_64")
    assert subject is not None
    assert subject.binary == PROGRAM


def test_without_a_source_of_the_object_there_is_nothing_to_start(projects: Path, tmp_path: Path) -> None:
    (projects / "smoked.toml").write_text(PROFILE)
    assert release_subject(asked(assets=str(assets(tmp_path / "assets"))), "x86_64") is None


@pytest.mark.usefixtures("projects")
def test_a_program_on_this_machine_is_taken_instead_of_an_asset(tmp_path: Path) -> None:
    (tmp_path / "hangar").write_bytes(PROGRAM)
    given = asked(assets=str(assets(tmp_path / "assets", b"no archive")), binary=str(tmp_path / "hangar"))
    assert release_subject(given, "x86_64") is not None


EVIL = tar(*GOOD, ("../../hangar", b""))
LINKED = tar(*GOOD, special("bin", b"2", "/usr/bin"))
ELSEWHERE = tar(("hangar", PROGRAM[:18] + b"\xb7\x00"))
WRONG: dict[str, tuple[bytes, dict[str, str], type[LoadmasterError]]] = {
    "a checksum that differs": (tar(*GOOD), {NAME: "0" * 64}, SmokeChecksumDiffers),
    "an object whose checksum differs": (tar(*GOOD), {"hangar.o": "0" * 64}, SmokeChecksumDiffers),
    "an archive that leads out": (EVIL, {}, SmokeArchiveRefused),
    "an archive with a link": (LINKED, {}, SmokeArchiveRefused),
    "another architecture": (ELSEWHERE, {}, SmokeProgramForeign),
}


@pytest.mark.usefixtures("projects")
@pytest.mark.parametrize(("archive", "sums", "error"), WRONG.values(), ids=WRONG)
def test_is_refused(archive: bytes, sums: dict[str, str], error: type[LoadmasterError], tmp_path: Path) -> None:
    place = assets(tmp_path / "assets", archive, **sums)
    with pytest.raises(error):
        release_subject(asked(assets=str(place)), "x86_64")


@pytest.mark.usefixtures("projects")
def test_a_checksum_file_beside_the_asset_counts_as_well(tmp_path: Path) -> None:
    place = assets(tmp_path / "assets")
    (place / f"{NAME}.sha256").write_text("0" * 64)
    with pytest.raises(SmokeChecksumDiffers, match=rf"{NAME}\.sha256"):
        release_subject(asked(assets=str(place)), "x86_64")


@pytest.mark.usefixtures("projects")
def test_bytes_that_nobody_vouches_for_are_not_tested(tmp_path: Path) -> None:
    place = assets(tmp_path / "assets")
    (place / "SHA256SUMS").unlink()
    with pytest.raises(SmokeChecksumMissing):
        release_subject(asked(assets=str(place)), "x86_64")


@pytest.mark.usefixtures("projects")
def test_an_asset_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(SmokeAssetMissing, match="SHA256SUMS"):
        release_subject(asked(assets=str(assets(tmp_path / "assets")), version="1.0.1"), "x86_64")


@pytest.mark.usefixtures("projects")
def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SmokeFileMissing, match="gone"):
        release_subject(asked(assets=str(tmp_path), binary=str(tmp_path / "gone")), "x86_64")


def test_an_object_of_another_version_is_told(projects: Path, tmp_path: Path) -> None:
    (projects / "smoked.toml").write_text(PROFILE + OF_ASSET + 'version = "0.9.0"\n')
    with pytest.raises(SmokeVersionsDiffer, match=r"0\.9\.0"):
        release_subject(asked(assets=str(tmp_path)), "x86_64")


ASKED_WRONGLY: dict[str, tuple[dict[str, Any], type[LoadmasterError]]] = {
    "an unknown backend": ({"backend": "gvisor"}, WrongRequest),
    "a negative deadline": ({"deadline": -1}, WrongRequest),
    "an unknown subject": ({"subject": "everything"}, WrongRequest),
    "a kernel that is no number": ({"kernels": ("newest",)}, WrongRequest),
    "a release without a version": ({"project": "smoked", "subject": "release"}, WrongRequest),
    "a release of nobody": ({"subject": "release", "version": "1.0.0"}, WrongRequest),
    "a workflow of nobody": ({"backend": "dispatch"}, WrongRequest),
    "an unknown project": ({"project": "nobody"}, UnknownProject),
    "a project that describes no program": (
        {"project": "plain", "version": "1", "subject": "release"},
        SmokeSubjectUnknown,
    ),
}


@pytest.mark.parametrize(("values", "error"), ASKED_WRONGLY.values(), ids=ASKED_WRONGLY)
def test_a_wrong_request_is_told(values: dict[str, Any], error: type[LoadmasterError], projects: Path) -> None:
    (projects / "plain.toml").write_text('forge = "ada/plain"\n[source]\ndirectory = "examples/hangar"\n')
    with pytest.raises(error) as told:
        smoke_request(values)
    assert told.value.exit_code == 2


def test_what_a_request_leaves_out_is_as_the_profile_says(projects: Path) -> None:
    (projects / "smoked.toml").write_text(
        PROFILE.replace("[smoke]", '[smoke]\nkernels = ["6.1", "7.2"]\ndeadline = 90')
    )
    request = asked()
    assert (request.kernels, request.deadline, request.subject) == (("6.1", "7.2"), 90, "release")
    assert asked(kernels=("6.12",), subject="probe").kernels == ("6.12",)
