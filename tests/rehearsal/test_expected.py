"""A world without a scenario is as the project's profile expects it: a rehearsal finds nothing to complain of."""

from __future__ import annotations

from loadmaster.planning.profile.project import Project, Source
from loadmaster.rehearsal.expected import expected_scenario
from loadmaster.rehearsal.issuer import IssuedRun

RUN = IssuedRun(repository="ada/wing", repository_owner_id=7, workflow="release.yml", environment="crates")


def project(**registry: object) -> Project:
    return Project.model_validate(
        {
            "name": "wing",
            "forge": "ada/wing",
            "source": Source(repository="wing"),
            "release": {"publish": ["wing", "tail"]},
            "registry": registry,
        }
    )


def test_the_first_of_the_owners_releases_and_the_teams_are_there() -> None:
    found = expected_scenario(project(owners=["github:hangar:crew", "ada", "bob"]), RUN)
    assert found.actor == "ada"
    assert [each.login for each in found.users] == ["ada", "bob"]
    assert [(each.login, each.members) for each in found.teams] == [("github:hangar:crew", ("ada",))]


def test_every_listed_crate_trusts_the_project_s_run() -> None:
    trusted = {"repository": "ada/wing", "workflow": "release.yml", "environment": "crates"}
    found = expected_scenario(project(trusted_publishing=trusted), RUN)
    assert [(each.crate, each.workflow_filename) for each in found.trusted_publishing] == [
        ("wing", "release.yml"),
        ("tail", "release.yml"),
    ]


def test_where_the_profile_expects_nobody_the_maintainer_releases() -> None:
    found = expected_scenario(project(), RUN)
    assert (found.actor, found.users, found.trusted_publishing) == ("maintainer", (), ())
