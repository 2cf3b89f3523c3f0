"""`loadmaster status`, as a program: every object with its state, the damage, the next step, and nothing changed by asking."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest
from starlette.applications import Starlette

from loadmaster.clients.forge import releases as client
from loadmaster.clients.forge.http import http_client
from loadmaster.clients.serving import serving
from loadmaster.errors.refusals.reason import Reason
from loadmaster.errors.registry import UploadRefused
from loadmaster.planning.forge.releases import Draft
from loadmaster.planning.plan import CHECKSUMS, RECEIPT
from loadmaster.planning.values.observation import Observation
from loadmaster.planning.values.receipt import ObjectRecord, Receipt, ReceiptOutcome
from loadmaster.planning.values.state import ObjectState
from loadmaster.rehearsal.forge import Forge
from loadmaster.run.store import Store
from tests.kit.packing import body
from tests.kit.registry_world import Served
from tests.kit.running import MEMBERS, VERSION, Ran, Repository, index_of, loadmaster, packaged, publish, reserve

pytestmark = pytest.mark.cargo

STARTED = datetime(2026, 11, 22, tzinfo=UTC)


def status(home: Path, repository: Repository, index: str, *options: str, forge: str = "none") -> Ran:
    asked = ("--project", "demo", "--version", VERSION, "--repository", str(repository.directory))
    return loadmaster(home, "status", *asked, "--registry", index, "--forge", forge, *options)


def states(ran: Ran) -> dict[str, str]:
    return {each["id"]: each["state"] for each in ran.document["objects"]}


def kept_receipt(
    home: Path, *records: ObjectRecord, world: Literal["live", "rehearsal"] = "rehearsal", commit: str = "c" * 40
) -> None:
    """What an earlier run of this release left in the store."""
    receipt = Receipt(
        project="demo",
        version=VERSION,
        commit=commit,
        base_commit=commit,
        world=world,
        outcome=ReceiptOutcome.FAILED,
        plan="",
        toolchain="",
        started=STARTED,
        seconds=1.0,
        objects=records,
    )
    Store(home).run("earlier").receipt.write_text(receipt.to_json(), encoding="utf-8")


def recorded(name: str, crate: bytes) -> ObjectRecord:
    sha256 = hashlib.sha256(crate).hexdigest()
    return ObjectRecord(kind="crate", id=f"{name}@{VERSION}", state=ObjectState.SAME, sha256=sha256)


def all_recorded() -> list[ObjectRecord]:
    return [recorded(name, packaged(name, needs=needs)) for name, needs in MEMBERS.items()]


def test_nothing_is_out(home: Path, repository: Repository, world: Served) -> None:
    ran = status(home, repository, index_of(world), "--json")
    assert ran.code == 3
    assert set(states(ran).values()) == {"absent"}
    assert list(states(ran)) == ["v1.0.0", "app@1.0.0", "hull@1.0.0", "mid@1.0.0"]
    assert (ran.document["next"], ran.document["consumers_broken"]) == ("nothing", False)
    assert ran.document.keys() == {"project", "version", "objects", "consumers_broken", "broken", "next", "why"}


def test_a_release_that_stopped_after_its_commit_is_found_below_later_commits_and_the_command_is_told(
    home: Path, repository: Repository, world: Served
) -> None:
    released = repository.begin(VERSION)
    repository.go_on()
    ran = status(home, repository, index_of(world), "--json")
    assert (ran.code, ran.document["next"], states(ran)[released]) == (3, "finish", "same")
    where = f"--registry {index_of(world)} --forge none --repository {repository.directory}"
    command = f"loadmaster release --project demo --version {VERSION} {where}"
    assert ran.document["command"] == command
    assert status(home, repository, index_of(world)).out.endswith(f"\n  {command}\n")


def test_all_is_out_as_an_earlier_run_recorded(home: Path, repository: Repository, world: Served) -> None:
    publish(world, *MEMBERS)
    repository.tag("v1.0.0")
    kept_receipt(home, *all_recorded())
    ran = status(home, repository, index_of(world), "--json")
    assert (ran.code, set(states(ran).values())) == (0, {"same"})
    assert (ran.document["next"], ran.document["why"]) == ("nothing", "Everything is in place.")


def test_what_is_there_and_was_never_compared_is_not_taken_for_done(
    home: Path, repository: Repository, world: Served
) -> None:
    publish(world, *MEMBERS)
    repository.tag("v1.0.0")
    ran = status(home, repository, index_of(world), "--json")
    assert ran.code == 4
    assert states(ran) == {"v1.0.0": "same"} | {f"{name}@1.0.0": "unknown" for name in MEMBERS}
    told = {each["id"]: each["why"] for each in ran.document["objects"]}
    compare = f"loadmaster compare target/package/mid-1.0.0.crate --registry {index_of(world)}"
    assert told["mid@1.0.0"] == f"there; package it at its tag, then `{compare}`"
    assert ran.document["next"] == "finish"


def test_consumers_of_a_part_are_broken_and_finishing_mends_it(
    home: Path, repository: Repository, world: Served
) -> None:
    reserve(world, "hull")
    publish(world, "mid")
    ran = status(home, repository, index_of(world), "--json")
    assert ran.code == 3
    assert ran.document["consumers_broken"] is True
    assert ran.document["broken"] == [{"crate": "mid@1.0.0", "needs": "hull", "requirement": "^1.0.0"}]
    assert ran.document["next"] == "finish"
    told = status(home, repository, index_of(world)).out
    assert "consumers are broken now:\n  mid@1.0.0 needs hull ^1.0.0\nnext: finish. Still missing: " in told


def test_a_crate_that_a_run_packaged_otherwise_is_different(home: Path, repository: Repository, world: Served) -> None:
    theirs = packaged("hull", extra='homepage = "https://elsewhere.example"')
    assert world.put(body(theirs, "hull")).status_code == 200
    ours = home / "hull.crate"
    home.mkdir()
    ours.write_bytes(packaged("hull"))
    Store(home).keep_crate(ours)
    kept_receipt(home, recorded("hull", packaged("hull")), world="live")
    ran = status(home, repository, index_of(world), "--json")
    assert (ran.code, states(ran)["hull@1.0.0"], ran.document["next"]) == (1, "different", "fix-forward")


def test_what_a_rehearsal_packaged_accuses_nobody(home: Path, repository: Repository, world: Served) -> None:
    publish(world, "hull")
    kept_receipt(home, recorded("hull", b"other bytes"))
    assert states(status(home, repository, index_of(world), "--json"))["hull@1.0.0"] == "unknown"


def test_a_refusal_of_contents_that_consumers_wait_for_ends_in_a_yank(
    home: Path, repository: Repository, world: Served
) -> None:
    reserve(world, "hull")
    publish(world, "mid")
    refused = UploadRefused("hull@1.0.0", 413, "max upload size is: 10485760", Reason.TOO_LARGE)
    record = ObjectRecord(kind="crate", id="hull@1.0.0", **dict(Observation.of_error(refused)))
    kept_receipt(home, record)
    ran = status(home, repository, index_of(world), "--json")
    assert ran.document["next"] == "yank"
    assert "refused the contents of `hull@1.0.0` (max upload size is: 10485760)" in ran.document["why"]


def test_a_tag_on_another_version_is_different(home: Path, tmp_path: Path, world: Served) -> None:
    repository = Repository(tmp_path / "older", version="1.0.1")
    repository.tag("v1.0.0")
    ran = status(home, repository, index_of(world), "--json")
    assert (ran.code, states(ran)["v1.0.0"], ran.document["next"]) == (1, "different", "fix-forward")


def test_what_is_on_the_forge_is_told_too(home: Path, repository: Repository, world: Served, tmp_path: Path) -> None:
    publish(world, *MEMBERS)
    repository.tag("v1.0.0")
    sums = ObjectRecord(
        kind="asset", id=CHECKSUMS, state=ObjectState.SAME, sha256=hashlib.sha256(b"the sums").hexdigest()
    )
    kept_receipt(home, *all_recorded(), sums)
    forge = Forge(tmp_path / "forge", remote=repository.directory / ".git", owner="loadmaster", name="hangar")
    forge.add_token("t0ken")
    with serving(forge.app()) as api, http_client(api, "loadmaster/hangar", "t0ken") as asked:
        draft = Draft(tag_name="v1.0.0", name="1.0.0", body="", target_commitish="main")
        release = client.create_draft(asked, draft)
        for name, content in ((CHECKSUMS, b"the sums"), (RECEIPT, b"{}")):
            client.upload_asset(asked, release, name, content)
        drafted = status(home, repository, index_of(world), "--json", forge=api)
        client.publish(asked, release.id)
        published = status(home, repository, index_of(world), "--json", forge=api)
    assert (drafted.code, drafted.document["next"]) == (3, "finish")
    assert [each["state"] for each in drafted.document["objects"][-3:]] == ["absent", "absent", "absent"]
    assert published.code == 4
    assert [(each["id"], each["state"]) for each in published.document["objects"][-3:]] == [
        ("v1.0.0", "same"),
        (CHECKSUMS, "same"),
        (RECEIPT, "unknown"),
    ]


def test_what_cannot_be_asked_is_unknown(home: Path, repository: Repository) -> None:
    repository.tag("v1.0.0")
    with serving(Starlette()) as address:
        gone = address
    ran = status(home, repository, gone, "--json", forge=gone)
    assert ran.code == 4
    kinds = {each["kind"]: each["state"] for each in ran.document["objects"]}
    assert kinds == {"tag": "same", "crate": "unknown", "release": "unknown", "asset": "unknown"}
    assert all("gave no usable answer" in each["why"] for each in ran.document["objects"][1:])
    assert ran.document["next"] == "finish"


def test_asking_changes_nothing(home: Path, repository: Repository, world: Served, tmp_path: Path) -> None:
    publish(world, "hull", "mid")
    uploads, index = world.registry.uploads(), world.client.get("/index/hu/ll/hull").content
    refs = (repository.directory / ".git").rglob("refs/*/*")
    before = sorted(refs)
    status(home, repository, index_of(world))
    assert world.registry.uploads() == uploads
    assert world.client.get("/index/hu/ll/hull").content == index
    assert sorted((repository.directory / ".git").rglob("refs/*/*")) == before
    assert list((home / "runs").iterdir()) == []


@pytest.mark.parametrize("version", ["minor", "v1.0.0", "1.0"])
def test_a_version_must_be_one(home: Path, version: str) -> None:
    ran = loadmaster(home, "status", "--project", "demo", "--version", version, "--json")
    assert (ran.code, ran.document["outcome"]) == (2, "failed")
