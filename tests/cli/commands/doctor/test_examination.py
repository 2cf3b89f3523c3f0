"""The doctor as a program, on machines that something is wrong with, for real."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from loadmaster.cli.commands.doctor.outside import index_seen
from loadmaster.cli.commands.doctor.place import store_seen
from loadmaster.clients.registry.registry import RegistryClient
from loadmaster.planning.doctor.check import NEEDED_BY
from loadmaster.run.store import FORMAT, Store
from loadmaster.stack.processes import this_process
from loadmaster.stack.record import Stack, write_down
from tests.kit.checkout import ROOT
from tests.kit.spoilt_machine import (
    UNFIT,
    Preparation,
    SpoiltMachine,
    disk_is_full,
    home_is_a_file,
    home_is_read_only,
    without_cargo,
    without_git,
)
from tests.kit.terminal import terminal


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[SpoiltMachine]:
    with ExitStack() as opened:
        yield SpoiltMachine(tmp_path, opened)


def examined(machine: SpoiltMachine, *arguments: str) -> tuple[int, dict[str, Any]]:
    """The exit code, and the checks by name; nobody outside is asked, unless the arguments say so."""
    done = machine.run("doctor", "--json", *(arguments or ("--offline",)))
    assert not any(word in done.stderr for word in UNFIT), done.stderr
    return done.returncode, {check["name"]: check for check in json.loads(done.stdout)["checks"]}


def run_is_not_readable(machine: SpoiltMachine) -> None:
    run = machine.home / "runs" / "0a1b2c3d"
    run.mkdir(parents=True)
    (run / "lock").write_text("")
    (run / "pinned.json").write_text("{}")


def store_is_newer(machine: SpoiltMachine) -> None:
    machine.home.mkdir()
    (machine.home / "store.json").write_text('{"format": 99, "loadmaster": "9.9.0"}')


def mark_is_broken(machine: SpoiltMachine) -> None:
    machine.home.mkdir()
    (machine.home / "store.json").write_text("{")


def database_is_broken(machine: SpoiltMachine) -> None:
    (machine.home / "prefect").mkdir(parents=True)
    (machine.home / "prefect" / "prefect.db").write_text("no database, but long enough to be taken for one" * 9)


def without_git_lfs(machine: SpoiltMachine) -> None:
    machine.path_without("git-lfs")


def without_bubblewrap(machine: SpoiltMachine) -> None:
    machine.path_without("bwrap")


def without_rustup(machine: SpoiltMachine) -> None:
    machine.path_without("rustup")


def program_that_fails(machine: SpoiltMachine, name: str, says: str) -> None:
    machine.path_without(name)
    program = Path(machine.variables["PATH"]) / name
    program.write_text(f"#!/bin/sh\necho '{says}' >&2\nexit 1\n")
    program.chmod(0o755)


def bubblewrap_may_not(machine: SpoiltMachine) -> None:
    program_that_fails(machine, "bwrap", "bwrap: No permissions to create a new namespace")


def cargo_lacks_its_toolchain(machine: SpoiltMachine) -> None:
    program_that_fails(machine, "cargo", "error: toolchain is not installed")


def engine_is_nowhere(machine: SpoiltMachine) -> None:
    machine.variables["DOCKER_HOST"] = f"unix://{machine.place}/none.sock"


def server_ended(machine: SpoiltMachine) -> None:
    machine.home.mkdir()
    ourselves = this_process(os.getpid())
    gone = ourselves.model_copy(update={"created": 1.0})
    write_down(machine.home, Stack(port=1, server=gone, worker=ourselves, signs_in=True))


def server_asks_nobody(machine: SpoiltMachine) -> None:
    machine.home.mkdir()
    ourselves = this_process(os.getpid())
    write_down(machine.home, Stack(port=1, server=ourselves, worker=ourselves, signs_in=False))


def server_is_silent(machine: SpoiltMachine) -> None:
    (machine.home / "keys").mkdir(parents=True)
    (machine.home / "keys" / "sign-in").write_text("me:secret")
    ourselves = this_process(os.getpid())
    write_down(machine.home, Stack(port=1, server=ourselves, worker=ourselves, signs_in=True))


SPOILT: dict[str, tuple[Preparation, str, str, str]] = {
    "no cargo": (without_cargo, "cargo", "fail", "no `cargo` on the search path"),
    "a cargo without its toolchain": (cargo_lacks_its_toolchain, "cargo", "fail", "toolchain is not installed"),
    "no clippy, for want of cargo": (without_cargo, "clippy", "not-asked", "no cargo"),
    "no rustup": (without_rustup, "rustup", "warn", "no `rustup` on the search path"),
    "no git": (without_git, "git", "fail", "no `git`"),
    "no git-lfs": (without_git_lfs, "git-lfs", "warn", "pointers"),
    "no bubblewrap": (without_bubblewrap, "sandbox", "fail", "`bwrap` is not installed"),
    "a bubblewrap that may not": (bubblewrap_may_not, "sandbox", "fail", "No permissions"),
    "a home that is a file": (home_is_a_file, "store", "fail", "cannot be written"),
    "a home that is read-only": (home_is_read_only, "store", "fail", "Read-only file system"),
    "a disk that is full": (disk_is_full, "store", "fail", "No space is left"),
    "a disk that has no room": (disk_is_full, "disk", "fail", "too little"),
    "a newer store": (store_is_newer, "store", "fail", "has format 99"),
    "a store with a broken mark": (mark_is_broken, "store", "fail", "does not say which format"),
    "a run that cannot be read": (run_is_not_readable, "store", "warn", "`0a1b2c3d`"),
    "a broken database": (database_is_broken, "database", "fail", "cannot be read"),
    "a server that ended": (server_ended, "server", "warn", "has ended"),
    "a worker without supervisor and keeper": (server_ended, "worker", "fail", "supervisor and keeper ended"),
    "a server that asks nobody to sign in": (server_asks_nobody, "server", "fail", "answers any page"),
    "a server that is silent": (server_is_silent, "server", "fail", "no usable answer"),
    "a pool of a silent server": (server_is_silent, "pool", "not-asked", "did not answer"),
    "no engine": (engine_is_nowhere, "engine", "warn", "No Docker engine answers"),
}


@pytest.mark.parametrize(("prepare", "name", "outcome", "seen"), SPOILT.values(), ids=list(SPOILT))
def test_what_is_wrong_is_found_by_its_own_check(
    prepare: Preparation, name: str, outcome: str, seen: str, machine: SpoiltMachine
) -> None:
    prepare(machine)
    code, checks = examined(machine)
    assert checks[name]["outcome"] == outcome
    assert seen in checks[name]["seen"]
    assert bool(checks[name].get("fix")) == (outcome != "not-asked")
    assert code == int(any(check["outcome"] == "fail" for check in checks.values()))


def test_all_is_looked_at_in_one_order_and_nothing_is_made(machine: SpoiltMachine) -> None:
    code, checks = examined(machine)
    assert list(checks) == list(NEEDED_BY)
    assert not machine.home.exists()
    assert code == int(any(check["outcome"] == "fail" for check in checks.values()))


def test_in_a_terminal_of_60_columns_with_ascii_alone_nothing_is_torn(machine: SpoiltMachine) -> None:
    engine_is_nowhere(machine)
    machine.variables |= {"LANG": "C", "LC_ALL": "", "TERM": "xterm"}
    with terminal(
        [sys.executable, "-m", "loadmaster", "doctor", "--offline"], machine.environment, ROOT, columns=60
    ) as shown:
        shown.end()
    lines = shown.text.replace("\r", "").split("\n")
    assert [line for line in lines if len(line) > 60 and " " in line.strip()] == []
    assert shown.text.isascii()
    assert "next: " in shown.text


def answering(**headers: str) -> RegistryClient:
    """A registry whose index answers with these headers."""

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers=headers, json={"dl": "http://127.0.0.1:1/dl", "api": "http://127.0.0.1:1"})

    return RegistryClient("sparse+http://127.0.0.1:1/index/", httpx.Client(transport=httpx.MockTransport(answer)))


CLOCKS = {
    "the same": (0.0, None, 0.0),
    "an hour behind the registry's": (3600.0, None, -3600.0),
    "two minutes ahead": (-120.0, None, 120.0),
    "the same, by an answer that a cache kept": (-300.0, 300, 0.0),
}


@pytest.mark.parametrize(("later", "age", "ahead"), CLOCKS.values(), ids=list(CLOCKS))
def test_the_clock_is_compared_with_the_answers(later: float, age: int | None, ahead: float) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=later), usegmt=True)
    found = index_seen(answering(Date=date, **({} if age is None else {"Age": str(age)}))).ahead
    assert found == pytest.approx(ahead, abs=30)


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 99 Nov 2026 01:02:03 GMT"])
def test_an_instant_that_is_none_is_not_guessed(date: str) -> None:
    assert index_seen(answering(Date=date)).ahead is None


def test_a_registry_that_does_not_answer_is_told(machine: SpoiltMachine) -> None:
    code, checks = examined(machine, "--registry", "sparse+http://127.0.0.1:1/index/")
    assert (code, checks["registry"]["outcome"], checks["clock"]["outcome"]) == (1, "fail", "not-asked")
    assert checks["registry"]["code"] == "registry-unreachable"


def test_a_store_is_measured(tmp_path: Path) -> None:
    store = Store(tmp_path / "home")
    (store.part("crates") / "one.crate").write_bytes(bytes(100_000))
    seen = store_seen(store)
    assert (seen.is_there, seen.format, seen.runs, seen.failure) == (True, FORMAT, 0, None)
    assert seen.bytes >= 100_000
