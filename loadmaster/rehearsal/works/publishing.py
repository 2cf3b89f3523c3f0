"""The job that publishes: trusted publishing and unmodified `cargo publish`, one crate after the other, as a script with `set -e`.

It skips what the registry has, revokes its token at the end, and fails at the first crate that fails.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, NamedTuple

from loadmaster.clients import bounded
from loadmaster.clients.cargo import REGISTRY, Cargo, cargo_in
from loadmaster.clients.process import run
from loadmaster.clients.registry.trusted_publishing import audience_of, exchange, revoke
from loadmaster.clients.sandbox import Access, Purpose
from loadmaster.errors.base import LoadmasterError
from loadmaster.planning.registry.sparse_index import index_path
from loadmaster.rehearsal.forge.actions.works import JobTask, WorkFailed
from loadmaster.rehearsal.works.surroundings import Surroundings, check_out

_NO_ID_TOKEN = (
    "Please ensure the 'id-token' permission is set to 'write' in your workflow: "
    "there is no ACTIONS_ID_TOKEN_REQUEST_URL."
)


class WorkspaceMember(NamedTuple):
    name: str
    version: str
    manifest: Path
    needs: frozenset[str]
    """Other members that must be published first."""


def publish_crates(around: Surroundings, task: JobTask) -> None:
    """Raises `WorkFailed`."""
    if not task.workflow.grants(task.source, "id-token", "write"):
        raise WorkFailed(_NO_ID_TOKEN)
    tree = check_out(around, task)
    cargo = _cargo(around, task).in_tree(tree)
    roots = [tree / root for root in around.project.source.roots]
    members = {each.name: each for root in roots for each in _members(cargo, task, root)}
    excluded = {each.package for each in around.project.release.exclude}
    order = list(task.played.order) or _order([each for each in members.values() if each.name not in excluded])
    if unknown := [name for name in order if name not in members]:
        raise WorkFailed(f"package ID specification `{unknown[0]}` did not match any packages")
    for name in task.played.alters:
        _alter(members[name].manifest.parent)
    with bounded.Client(timeout=60) as client, _token(around, task, client) as token:
        for number, name in enumerate(order, 1):
            if task.played.fails_at == number:
                raise WorkFailed(f"Process completed with exit code 1, before crate {number} of {len(order)} ({name}).")
            member = members[name]
            if _is_there(around, client, member):
                task.tell(f"{name}@{member.version} is already there, skipping")
                continue
            _publish(around, task, cargo, member, token)


def _cargo(around: Surroundings, task: JobTask) -> Cargo:
    style = around.project.cargo
    return cargo_in(
        task.directory,
        task.directory / "cargo.log",
        sandbox=around.sandbox,
        index=around.index,
        toolchain=style.toolchain,
        allow=style.for_cargo,
        registry=around.project.registry.cargo_name or REGISTRY,
    )


def _members(cargo: Cargo, task: JobTask, root: Path) -> list[WorkspaceMember]:
    """The members that may be published."""
    argv = ["cargo", "metadata", "--format-version", "1", "--no-deps"]
    command, env = cargo.command(argv, root.parent, Access(purpose=Purpose.READ))
    finished = run(command, cwd=root.parent, env=env, log=cargo.log, deadline=120)
    if finished.code != 0:
        raise WorkFailed(finished.tail or "cargo metadata failed")
    packages: list[dict[str, Any]] = json.loads(finished.out)["packages"]
    return [
        WorkspaceMember(
            name=each["name"],
            version=each["version"],
            manifest=Path(each["manifest_path"]),
            needs=frozenset(
                need["name"]
                for need in each["dependencies"]
                if need.get("path") and (need["kind"] != "dev" or need["req"] != "*")
            ),
        )
        for each in packages
        if each["publish"] != []
    ]


def _order(members: Sequence[WorkspaceMember]) -> list[str]:
    names = {each.name for each in members}
    graph: Mapping[str, set[str]] = {each.name: set(each.needs & names) for each in members}
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise WorkFailed(f"cyclic package dependency: {error.args[1]}") from error


def _alter(directory: Path) -> None:
    source = next(file for name in ("lib.rs", "main.rs") if (file := directory / "src" / name).exists())
    source.write_text(source.read_text(encoding="utf-8") + "\n// What CI made of it.\n", encoding="utf-8")


@contextmanager
def _token(around: Surroundings, task: JobTask, client: bounded.Client) -> Iterator[str]:
    """A token of the registry for this job."""
    try:
        token = exchange(around.registry, around.id_token(task, audience_of(around.registry)), client)
    except LoadmasterError as error:
        raise WorkFailed(f"Failed to retrieve token from Cargo registry. {error}") from error
    task.tell("Retrieved token successfully: ***")
    try:
        yield token
    finally:
        try:
            revoke(around.registry, token, client)
            task.tell("Token revoked successfully")
        except LoadmasterError as error:
            task.tell(f"##[warning]{error}")


def _is_there(around: Surroundings, client: bounded.Client, member: WorkspaceMember) -> bool:
    answer = client.get(f"{around.index.removeprefix('sparse+')}{index_path(member.name)}")
    if answer.status_code == 404:
        return False
    if not answer.is_success:
        raise WorkFailed(f"The index answers {answer.status_code} for {member.name}.")
    return any(json.loads(line)["vers"] == member.version for line in answer.content.splitlines() if line.strip())


def _publish(around: Surroundings, task: JobTask, cargo: Cargo, member: WorkspaceMember, token: str) -> None:
    registry = cargo.registry or REGISTRY
    argv = ["cargo", "publish", "-p", member.name, "--locked", "--registry", registry]
    argv += ["--no-verify"] * (not task.played.verify) + ["--allow-dirty"] * bool(task.played.alters)
    task.tell(f"##[group]Run {' '.join(argv)}")
    tree = task.directory / "tree"
    access = Access(purpose=Purpose.FETCH, reads=(tree,), writes=(tree,))
    called = cargo.with_target(task.directory / "target")
    command, env = called.command(argv, member.manifest.parent, access)
    env = {**env, f"CARGO_REGISTRIES_{registry.upper().replace('-', '_')}_TOKEN": token}
    status = task.call(command, member.manifest.parent, env)
    task.tell("##[endgroup]")
    if status != 0:
        raise WorkFailed(f"Process completed with exit code {status}.")
