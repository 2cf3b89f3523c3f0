"""The healthy world: the accounts and crates that a registry knows if everything is as the project's profile expects."""

from __future__ import annotations

from loadmaster.planning.profile.project import Project
from loadmaster.rehearsal.issuer import IssuedRun
from loadmaster.rehearsal.scenario import Scenario, Team, TrustedPublisher, User

MAINTAINER = "maintainer"
"""The account that releases if nothing names another."""


def expected_scenario(project: Project, run: IssuedRun) -> Scenario:
    """The expected owners, of whom the first person releases; `run` is trusted for every crate that the profile lists."""
    users = [each for each in project.registry.owners if ":" not in each]
    actor = users[0] if users else MAINTAINER
    teams = [each for each in project.registry.owners if ":" in each]
    trusted = project.release.publish if project.registry.trusted_publishing else ()
    return Scenario(
        users=tuple(User(login=each) for each in users),
        teams=tuple(Team(login=each, members=(actor,)) for each in teams),
        trusted_publishing=tuple(_publisher(crate, run) for crate in trusted),
        actor=actor,
    )


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
