"""A rehearsal world that runs alone, so that a person can point cargo or a browser at it."""

from __future__ import annotations

import json
import shlex
import signal
import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path

from loadmaster.clients import git
from loadmaster.clients.disk import scratch
from loadmaster.errors.request import WrongRequest
from loadmaster.planning.profile.project import Project
from loadmaster.rehearsal.conditions import Conditions, read_script
from loadmaster.rehearsal.registry import CRATES_IO_LIMITS, NO_LIMITS, Service
from loadmaster.rehearsal.remote import create_remote
from loadmaster.rehearsal.scenario import read_scenario
from loadmaster.rehearsal.world import open_world
from loadmaster.run.pinning import IMPORTED
from loadmaster.run.store import Store
from loadmaster.run.world import World, credential_file
from loadmaster.run.world_clock import WorldClock


def run_alone(
    project: Project,
    directory: Path | None,
    as_of: str | None,
    conditions: Conditions,
    port: int,
    store: Store,
    as_json: bool,
) -> None:
    """Serves the world until SIGINT or SIGTERM. Raises `PortTaken`, `WrongRequest`."""
    place = directory or Path(tempfile.mkdtemp(prefix="world-", dir=store.part("worlds")))
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    remote = _empty_remote(place.resolve(), project.source.branch)
    clock = WorldClock(datetime.now(UTC), conditions.clock_speed)
    with open_world(place.resolve(), project, remote, _instant(as_of), conditions, clock, store, port) as world:
        print(json.dumps(_addresses(world), indent=2) if as_json else _how_to(world), flush=True)
        ended.wait()


def conditions_of(script: Path | None, scenario: Path | None, service: str | None, limits: str | None) -> Conditions:
    """The script's conditions, overridden by the other options.

    `service`: `upload=SECONDS,visible=SECONDS`; `limits`: `off` or `crates.io`. Raises `FaultScriptBroken`,
    `ScenarioBroken`, `WrongRequest`.
    """
    conditions = Conditions() if script is None else read_script(script)
    known = {"off": NO_LIMITS, "crates.io": CRATES_IO_LIMITS}
    if limits is not None and limits not in known:
        raise WrongRequest([f"`limits`: give `off` or `crates.io`, not `{limits}`"])
    options: dict[str, object] = {} if limits is None else {"limits": known[limits]}
    options |= {} if service is None else {"service": _service(service)}
    options |= {} if scenario is None else {"scenario": read_scenario(scenario)}
    return conditions.model_copy(update=options)


def _service(text: str) -> Service:
    try:
        return Service.model_validate(dict(pair.split("=", 1) for pair in text.split(",")))
    except ValueError as error:  # pydantic's `ValidationError` is one, too
        raise WrongRequest([f"`service`: give `upload=SECONDS,visible=SECONDS`, not `{text}`"]) from error


def _instant(as_of: str | None) -> datetime:
    if as_of is None:
        return datetime.now(UTC)
    try:
        instant = datetime.fromisoformat(as_of)
    except ValueError as error:
        raise WrongRequest([f"`as-of`: {error}"]) from error
    if instant.tzinfo is None:
        raise WrongRequest(["`as-of`: give a time zone, such as `2026-01-24T19:00:00Z`"])
    return instant


def _empty_remote(place: Path, branch: str) -> Path:
    """A remote with one empty commit, to push to."""
    with scratch() as nothing:
        git.import_directory(nothing, place / "source.git", branch, IMPORTED)
    return create_remote(place / "remote.git", place / "source.git", branch)


def _addresses(world: World) -> dict[str, str | None]:
    return {
        "index": world.index,
        "forge": world.forge,
        "remote": world.remote,
        "identity": world.identity,
        "python_index": world.python_index,
        "directory": str(world.directory),
        "registry_token_file": str(credential_file(world.directory, "registry")),
        "identity_token_file": str(credential_file(world.directory, "identity")),
        "forge_token_file": str(credential_file(world.directory, "forge")),
        "python_token_file": str(credential_file(world.directory, "python")),
    }


def _how_to(world: World) -> str:
    token = credential_file(world.directory, "registry")
    return f"""The rehearsal world is open. Ctrl-C ends it; its state stays in {world.directory}

registry  {world.index}
forge     {world.forge}/repos/{world.repository}
pages     {world.forge}/{world.repository}
remote    {world.remote}
identity  {world.identity}
python    {world.python_index}/simple

To publish a workspace with cargo itself, run this in its directory. cargo gets a home of its own, in which the world's
registry stands in for crates.io:

    export CARGO_HOME=$(mktemp -d)
    printf '%s\\n' '[source.crates-io]' 'replace-with = "rehearsal"' > "$CARGO_HOME/config.toml"
    printf '%s\\n' '[registries.rehearsal]' 'index = "{world.index}"' >> "$CARGO_HOME/config.toml"
    export CARGO_REGISTRIES_REHEARSAL_TOKEN="$(cat {shlex.quote(str(token))})"
    cargo publish --workspace --registry rehearsal

To install a program from it, in the same shell:

    cargo install NAME
"""
