"""The healthy world: the accounts and crates that a registry knows if everything is as the project's profile expects."""

from __future__ import annotations

from pathlib import Path

from loadmaster.clients import git
from loadmaster.planning.profile.project import Project
from loadmaster.planning.values.toml_text import load_toml
from loadmaster.rehearsal.issuer import IssuedRun
from loadmaster.rehearsal.scenario import Scenario, ScenarioCrate, Team, TrustedPublisher, User

MAINTAINER = "maintainer"
"""The account that releases if nothing names another."""


def expected_scenario(project: Project, run: IssuedRun, published_by_ci: tuple[str, ...] = ()) -> Scenario:
    """The expected owners, of whom the first person releases; `run` is trusted for every crate that the profile lists.

    `published_by_ci`: the crates that a workflow publishes. They are there already, without a version: trusted publishing makes no
    new crate.
    """
    users = [each for each in project.registry.owners if ":" not in each]
    actor = users[0] if users else MAINTAINER
    teams = [each for each in project.registry.owners if ":" in each]
    trusted = published_by_ci or (project.release.publish if project.registry.trusted_publishing else ())
    return Scenario(
        users=tuple(User(login=each) for each in users) or ((User(login=actor),) if published_by_ci else ()),
        teams=tuple(Team(login=each, members=(actor,)) for each in teams),
        trusted_publishing=tuple(_publisher(crate, run) for crate in trusted),
        crates=tuple(ScenarioCrate(name=each, owners=(actor, *teams)) for each in published_by_ci),
        actor=actor,
    )


def publishable_names(remote: Path) -> tuple[str, ...]:
    """The packages of the remote's release branch that may be published, by their manifests."""
    names = []
    for text in git.texts_at(remote, "HEAD", "Cargo.toml").values():
        try:
            package = load_toml(text).get("package")
        except ValueError:
            continue
        if (
            isinstance(package, dict)
            and package.get("publish") not in (False, [])
            and isinstance(package.get("name"), str)
        ):
            names.append(package["name"])
    return tuple(sorted(names))


def _publisher(crate: str, run: IssuedRun) -> TrustedPublisher:
    owner, _, name = run.repository.partition("/")
    return TrustedPublisher(
        crate=crate,
        repository_owner=owner,
        repository_owner_id=run.repository_owner_id,
        repository_name=name,
        workflow_filename=run.workflow,
        environment=run.environment,
    )
