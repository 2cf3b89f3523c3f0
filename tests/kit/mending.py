"""What a person does who reads the fix of a finding: each function takes its particulars from the text that was printed."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from loadmaster.clients.process import environment
from loadmaster.rehearsal.registry import Registry
from loadmaster.rehearsal.seeding import LONG_AGO
from loadmaster.run.job import Job
from loadmaster.run.world import credential_file
from tests.kit.waiting import PATIENCE

Mend = Callable[[Job, str], dict[str, Any]]
"""Carries out the text of a fix in the job's world. Returns the fields of the profile's table `registry` that it changes."""

ACCOUNT = "ann"
"""Whose token the release has."""
NEW_TOKEN = "cio" + "n" * 32


def registry_of(job: Job) -> Registry:
    return Registry(job.directory.world / "registry")


def _particular(pattern: str, fix: str) -> str:
    found = re.search(pattern, fix)
    assert found, f"nothing in the fix says `{pattern}`: {fix}"
    return found[1]


def run_cargo_owner(by: str) -> Mend:
    """Runs the printed command as that user, and accepts the invitation that follows."""

    def mend(job: Job, fix: str) -> dict[str, Any]:
        command = _particular(r"`(cargo owner [^`]+)`", fix).replace("LOGIN", ACCOUNT)
        token = "cio" + by.ljust(32, "o")
        registry_of(job).add_token(by, token, scopes=("change-owners",))
        done = subprocess.run(
            [*command.split(), "--index", job.world.index, "--token", token],
            env=environment(Path.home(), extra={"CARGO_HOME": str(job.directory.path / "owner")}),
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stderr
        *_, login, crate = command.split()
        if ":" not in login:
            assert "pending-invites" in fix
            registry_of(job).invitations.accept(crate, login)
        return {}

    return mend


def accept_the_invitation(job: Job, fix: str) -> dict[str, Any]:
    assert "invited already" in fix
    registry_of(job).invitations.accept(_particular(r"cargo owner --add \S+ (\S+?)`", fix), ACCOUNT)
    return {}


def ask_help(job: Job, fix: str) -> dict[str, Any]:
    """crates.io's people make the owner whom the fix names."""
    assert "help@crates.io" in fix
    registry_of(job).add_owner("hangar-cli", _particular(r"to make `([^`]+)` an owner", fix))
    return {}


def put_token_of(login: str) -> Mend:
    def mend(job: Job, fix: str) -> dict[str, Any]:
        file = _particular(rf"put a token of `{login}` into `([^`]+)`", fix)
        registry_of(job).add_token(login, NEW_TOKEN)
        (job.world.directory / file).write_text(NEW_TOKEN)
        return {}

    return mend


def make_a_token(job: Job, fix: str) -> dict[str, Any]:
    """With the scopes that the fix names, for all crates of the release, at the place that it names."""
    scopes = tuple(re.findall(r"`([\w-]+)`", _particular(r"with the scopes? (.+?) and patterns", fix)))
    assert "every crate of this release" in fix or "every other crate of this release" in fix
    registry_of(job).add_token(ACCOUNT, NEW_TOKEN, scopes=scopes, crates=("hangar-units", "hangar-cli"))
    (job.world.directory / _particular(r"put it into `([^`]+)`", fix)).write_text(NEW_TOKEN)
    return {}


def configure(job: Job, fix: str) -> dict[str, Any]:
    """Adds the configuration that the fix describes, or the same again, as the owner does on the crate's settings page."""
    crate = _particular(r"https://crates\.io/crates/([^/]+)/settings", fix)
    if "the same configuration again" in fix:
        repository, workflow, environment = "loadmaster/hangar", "release.yml", None
    else:
        repository = _particular(r"repository `([^`]+)`", fix)
        workflow = _particular(r"workflow `([^`]+)`", fix)
        environment = None if "no environment" in fix else _particular(r"environment `([^`]+)`", fix)
    owner, _, name = repository.partition("/")
    config: dict[str, str | None] = {"crate": crate, "repository_owner": owner, "repository_name": name}
    config |= {"workflow_filename": workflow, "environment": environment}
    _as_owner(job, "POST", "/api/v1/trusted_publishing/github_configs", {"github_config": config})
    return {}


def look_up_the_owner(job: Job, fix: str) -> dict[str, Any]:
    """Writes the owner's id into the profile, and adds the configuration again."""
    assert "gh api users/loadmaster --jq .id" in fix
    assert "`owner_id`" in fix
    configure(job, fix.replace("NAME", "hangar-cli"))
    return {"trusted_publishing": {"repository": "loadmaster/hangar", "workflow": "release.yml", "owner_id": 1}}


def let_tokens_publish(job: Job, fix: str) -> dict[str, Any]:
    crate = _particular(r"switch that off at https://crates\.io/crates/([^/]+)/settings", fix)
    _as_owner(job, "PATCH", f"/api/v1/crates/{crate}", {"crate": {"trustpub_only": False}})
    return {}


def publish_by_the_workflow(_: Job, fix: str) -> dict[str, Any]:
    assert fix.startswith("publish it by trusted publishing")
    return {"credential": "trusted-publishing"}


def create_with_a_token(_: Job, fix: str) -> dict[str, Any]:
    assert 'registry.credentials.new = "token"' in fix
    return {"credentials": {"new": "token"}}


def verify_the_e_mail(job: Job, fix: str) -> dict[str, Any]:
    assert "https://crates.io/settings/profile" in fix
    registry_of(job).add_account(ACCOUNT, email_verified=True)
    return {}


def wait_for_the_lock(job: Job, fix: str) -> dict[str, Any]:
    assert "wait until " in fix
    registry_of(job).accounts.add(ACCOUNT, lock=None)
    return {}


def wait_for_the_name(job: Job, fix: str) -> dict[str, Any]:
    assert re.search(r"ask the preflight again after \d{4}-\d\d-\d\dT", fix)
    registry_of(job).policies.delete("hangar-cli", LONG_AGO)
    return {}


def wait_for_the_limit(job: Job, fix: str) -> dict[str, Any]:
    """Waits, and lowers what the profile says: a probe would be refused again."""
    assert "lower `registry.update_burst`" in fix
    with registry_of(job).database.recording() as db:
        db.execute("DELETE FROM buckets")
    return {"update_burst": 1}


def _as_owner(job: Job, method: str, path: str, body: dict[str, Any]) -> None:
    token = "cio" + "w" * 32
    registry_of(job).add_token(ACCOUNT, token, scopes=("trusted-publishing",))
    answer = httpx.request(method, f"{job.registry.api}{path}", json=body, headers={"Authorization": token})
    assert answer.is_success, answer.text


def token_file(job: Job) -> Path:
    return credential_file(job.world.directory, "registry")
