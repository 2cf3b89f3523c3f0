"""Puts a scenario into a registry, once: at the first opening of its world.

If the world is killed meanwhile, the next opening starts again from the beginning; existing entries stay unchanged.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from loadmaster.clients.disk import writing
from loadmaster.planning.crates_io.manifest import parse_packaged_manifest
from loadmaster.planning.crates_io.names import canonical
from loadmaster.rehearsal.registry import Registry, new_token
from loadmaster.rehearsal.registry.database import stamp
from loadmaster.rehearsal.registry.policy import PublishPolicy
from loadmaster.rehearsal.registry.receiving import place_beside
from loadmaster.rehearsal.registry.records import Submission, Tarball
from loadmaster.rehearsal.scenario import Scenario, ScenarioCrate, ScenarioToken
from loadmaster.run.store import write_atomically
from loadmaster.run.world import credential_file

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
"""The publishing date of a scenario's crates: so old that no limit counts them, and the same in every world."""


def seed(scenario: Scenario, registry: Registry, directory: Path, now: datetime) -> None:
    """`directory` is the world's: the tokens are written to it, and the applied scenario is kept there."""
    applied = directory / "scenario.json"
    if applied.exists():
        return
    _add_people(scenario, registry)
    _add_tokens(scenario, registry, directory)
    for crate in scenario.crates:
        _add_crate(crate, registry, now)
    _add_publishers(scenario, registry, now)
    for deleted in scenario.deleted:
        registry.policies.delete(deleted.name, deleted.at or now)
    for reserved in scenario.reserved:
        registry.policies.reserve(reserved.name)
    registry.policies.set(
        PublishPolicy(
            read_only=scenario.read_only,
            blocked_agents=scenario.blocked_agents,
            daily_per_crate=scenario.daily_per_crate,
        )
    )
    without_secrets = scenario.model_dump_json(indent=2, exclude={"tokens": {"__all__": {"token"}}})
    write_atomically(applied, without_secrets.encode())


def kept_token(directory: Path, name: str, make: Callable[[], str]) -> str:
    """The world's token of that name, made at the first opening; readable by its owner only."""
    path = credential_file(directory, name)
    if not path.exists():
        write_atomically(path, make().encode())
        path.chmod(0o600)
    return path.read_text(encoding="ascii")


def _add_people(scenario: Scenario, registry: Registry) -> None:
    # Users with an id come first, so that no other user gets that id by chance.
    for user in sorted(scenario.users, key=lambda each: each.id is None):
        registry.accounts.add(
            user.login,
            identity=user.id,
            email_verified=user.email_verified,
            lock=user.locked,
            limits=user.limits,
        )
    if scenario.actor is not None and registry.accounts.user(scenario.actor) is None:
        registry.accounts.add(scenario.actor)
    for team in scenario.teams:
        registry.accounts.add_team(team.login, team.members, restricted=team.restricted)


def _add_tokens(scenario: Scenario, registry: Registry, directory: Path) -> None:
    for token in scenario.tokens:
        registry.add_token(
            token.user,
            _text_of(token, directory),
            scopes=token.scopes,
            crates=token.crates,
            expires=token.expires,
            revoked=token.revoked,
        )


def _text_of(token: ScenarioToken, directory: Path) -> str:
    def make() -> str:
        return token.token or new_token()

    return make() if token.name is None else kept_token(directory, token.name, make)


def _add_crate(crate: ScenarioCrate, registry: Registry, now: datetime) -> None:
    registry.ledger.seed(crate.name, crate.owners, trustpub_only=crate.trustpub_only, now=LONG_AGO)
    publisher = next((owner for owner in crate.owners if ":" not in owner), None)
    for version in crate.versions:
        with place_beside(registry.ledger.crate_files) as place:
            registry.ledger.seed_version(_tiny_version(crate.name, version, publisher, place), LONG_AGO)
    for login in crate.invited:
        registry.invitations.ask(crate.name, login, now)


def _add_publishers(scenario: Scenario, registry: Registry, now: datetime) -> None:
    """Adds the configurations unchanged, even if the registry itself would refuse them: a person's blanks must survive."""
    with registry.database.recording() as db:
        db.execute("DELETE FROM github_configs")
        for each in scenario.trusted_publishing:
            db.execute(
                "INSERT INTO github_configs (canonical, repository_owner, repository_owner_id, repository_name, "
                "workflow_filename, environment, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    canonical(each.crate),
                    each.repository_owner,
                    each.repository_owner_id,
                    each.repository_name,
                    each.workflow_filename,
                    each.environment,
                    stamp(now),
                ),
            )


def _tiny_version(name: str, version: str, publisher: str | None, place: Path) -> Submission:
    """An empty library, packed as cargo packs; its crate file is written to `place`."""
    manifest = (
        f'[package]\nname = "{name}"\nversion = "{version}"\nedition = "2021"\n'
        f'description = "A crate of a rehearsal."\nlicense = "MIT"\n\n[lib]\npath = "src/lib.rs"\n'
    )
    files = {"Cargo.toml": manifest, "src/lib.rs": ""}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for path, text in files.items():
            entry = tarfile.TarInfo(f"{name}-{version}/{path}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    content = gzip.compress(packed.getvalue(), mtime=0)
    with writing(place):
        place.write_bytes(content)
    return Submission(
        manifest=parse_packaged_manifest(manifest, files),
        tarball=Tarball(path=place, size=len(content), sha256=hashlib.sha256(content).hexdigest()),
        login=publisher,
        upstream_name=None,
        upstream_versions=frozenset(),
        upstream_crates=frozenset(),
    )
