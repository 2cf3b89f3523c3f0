from __future__ import annotations

import string
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadmaster.planning.crates_io.refusal import Refusal
from loadmaster.rehearsal.registry.trustpub.access_token import check_access_token, new_access_token
from loadmaster.rehearsal.registry.trustpub.claims import ProviderRun, github_run, gitlab_run
from loadmaster.rehearsal.registry.trustpub.fields import check_github, check_gitlab
from loadmaster.rehearsal.registry.trustpub.matching import Config, fitting
from loadmaster.rehearsal.registry.trustpub.providers import GITHUB_ACTIONS, GITLAB_CI
from loadmaster.rehearsal.registry.trustpub.structs import read_struct

ALPHABET = string.ascii_letters + string.digits
NOT_A_TOKEN = "Invalid `Authorization` header: Failed to parse token"


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as refused:
        act()
    return refused.value.detail


def test_a_new_token_is_recognised_and_no_two_are_alike() -> None:
    first, second = new_access_token(), new_access_token()
    assert check_access_token(first) == first != second
    assert len(first) == len("cio_tp_") + 32


@given(st.text(ALPHABET, min_size=31, max_size=31))
def test_exactly_one_check_character_fits(raw: str) -> None:
    fitting_ones = [last for last in ALPHABET if _parses(f"cio_tp_{raw}{last}")]
    assert len(fitting_ones) == 1


@pytest.mark.parametrize(
    "text", ["cio_tp_", "cio_tp_short", "cio_tp_" + "A" * 33, "cio_tp_" + "-" * 32, "cio" + "A" * 32]
)
def test_what_is_no_token_is_told_so(text: str) -> None:
    assert refusal(lambda: check_access_token(text)) == NOT_A_TOKEN


GITHUB_CLAIMS = {
    "iat": 1,
    "exp": 2,
    "jti": "x",
    "sha": "abc",
    "repository_owner_id": "7",
    "repository": "Octo/Repo",
    "workflow_ref": "Octo/Repo/.github/workflows/release.yml@refs/heads/main",
    "event_name": "push",
    "run_id": "5",
    "environment": None,
}


@pytest.mark.parametrize(
    ("claim", "value", "said"),
    [
        ("repository", "none", "Unexpected `repository` value"),
        ("workflow_ref", "release.txt@main", "Unexpected `workflow_ref` value"),
        ("workflow_ref", "release.yml", "Unexpected `workflow_ref` value"),
        ("repository_owner_id", "many", "Unexpected `repository_owner_id` value"),
        ("repository_owner_id", "99999999999", "Unexpected `repository_owner_id` value"),
        ("run_id", 5, "Failed to decode JWT"),
        ("sha", None, "Failed to decode JWT"),
    ],
)
def test_claims_that_github_would_not_make_are_refused(claim: str, value: object, said: str) -> None:
    assert refusal(lambda: github_run(GITHUB_CLAIMS | {claim: value})) == said


@pytest.mark.parametrize("event", ["pull_request_target", "workflow_run"])
def test_events_that_strangers_can_start_are_refused(event: str) -> None:
    said = refusal(lambda: github_run(GITHUB_CLAIMS | {"event_name": event}))
    assert said.startswith(f"Trusted Publishing does not support the `{event}` event trigger")


@pytest.mark.parametrize(
    ("uri", "workflow"),
    [
        ("gitlab.com/a/b//ci/release.yml@refs/heads/main", "ci/release.yml"),
        ("gitlab.com/a/b//.gitlab-ci.yml@refs/heads/x@y", ".gitlab-ci.yml@refs/heads/x"),
        ("gitlab.com/a/b//.yml@main", None),
        ("gitlab.com/a/b/ci.yml@main", None),
        ("gitlab.com/a/b//ci.yml", None),
    ],
)
def test_the_path_of_a_gitlab_pipeline(uri: str, workflow: str | None) -> None:
    claims = {"iat": 1, "exp": 2, "jti": "x", "sha": "s", "namespace_id": "3", "project_path": "a/b/c", "job_id": "4"}
    if workflow is None or not workflow.endswith(".yml"):
        assert (
            refusal(lambda: gitlab_run(claims | {"ci_config_ref_uri": uri})) == "Unexpected `ci_config_ref_uri` value"
        )
    else:
        run = gitlab_run(claims | {"ci_config_ref_uri": uri})
        assert (run.owner, run.name, run.workflow) == ("a/b", "c", workflow)


def config(**changes: object) -> Config:
    usual = {"id": 1, "canonical": "demo", "owner": "octo", "owner_id": "7", "name": "repo", "workflow": "release.yml"}
    return Config.model_validate(
        usual | {"environment": None, "created_at": datetime(2026, 1, 1, tzinfo=UTC)} | changes
    )


def run(**changes: object) -> ProviderRun:
    return github_run(GITHUB_CLAIMS | changes)


@pytest.mark.parametrize(
    ("said_of_it", "one", "two"),
    [
        ("owner and name in another case", config(), run()),
        ("an environment that nobody asked for", config(), run(environment="prod")),
        ("the environment in another case", config(environment="Prod"), run(environment="pROD")),
    ],
)
def test_a_run_fits(said_of_it: str, one: Config, two: ProviderRun) -> None:
    assert fitting([one], two, GITHUB_ACTIONS.words) == (one,)


FOR = "The Trusted Publishing config for repository `Octo/Repo`"


@pytest.mark.parametrize(
    ("configs", "asking", "said"),
    [
        ([], run(), "No Trusted Publishing config found for repository `Octo/Repo`."),
        ([config(name="other")], run(), "No Trusted Publishing config found for repository `Octo/Repo`."),
        (
            [config(owner_id="8")],
            run(),
            f"{FOR} does not match the repository owner ID (7) in the JWT. Expected owner IDs: 8. "
            "Please recreate the Trusted Publishing config to update the repository owner ID.",
        ),
        (
            [config(workflow=" release.yml"), config(workflow="Release.yml")],
            run(),
            f"{FOR} does not match the workflow filename `release.yml` in the JWT. "
            "Expected workflow filenames: ` release.yml`, `Release.yml`",
        ),
        (
            [config(environment="prod")],
            run(),
            f"{FOR} requires an environment, but the JWT does not specify one. Expected environments: `prod`",
        ),
        (
            [config(environment="prod")],
            run(environment="test"),
            f"{FOR} does not match the environment `test` in the JWT. Expected environments: `prod`",
        ),
    ],
)
def test_a_run_that_does_not_fit_is_told_the_first_reason(
    configs: list[Config], asking: ProviderRun, said: str
) -> None:
    assert refusal(lambda: fitting(configs, asking, GITHUB_ACTIONS.words)) == said


def test_every_fitting_configuration_is_covered_and_no_other() -> None:
    all_of_them = [config(id=1), config(id=2, canonical="other"), config(id=3, workflow="else.yml", canonical="third")]
    assert [fit.id for fit in fitting(all_of_them, run(), GITHUB_ACTIONS.words)] == [1, 2]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (("", "r", "w.yml", None), "GitHub repository owner name may not be empty"),
        (("o" * 256, "r", "w.yml", None), "GitHub repository owner name is too long (maximum is 255 characters)"),
        (("-o", "r", "w.yml", None), "Invalid GitHub repository owner name"),
        (("o", "", "w.yml", None), "GitHub repository name may not be empty"),
        (("o", "r/s", "w.yml", None), "Invalid GitHub repository name"),
        (("o", "r", "", None), "Workflow filename may not be empty"),
        (("o", "r", "w.toml", None), "Workflow filename must end with `.yml` or `.yaml`"),
        (("o", "r", "d/w.yml", None), "Workflow filename must be a filename only, without directories"),
        (("o", "r", "w.yml", ""), "Environment name may not be empty (use `null` to omit)"),
        (("o", "r", "w.yml", " e"), "Environment name may not start with whitespace"),
        (("o", "r", "w.yml", "e "), "Environment name may not end with whitespace"),
    ],
)
def test_a_configuration_of_github_is_looked_at(fields: tuple[str, str, str, str | None], said: str) -> None:
    assert refusal(lambda: check_github(*fields)) == said


def test_blanks_around_a_workflow_are_taken_as_they_are() -> None:
    check_github("o", "r", " w.yml", "an environment")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (("a/", "p", "w.yml", None), "Invalid GitLab namespace"),
        (("a.git", "p", "w.yml", None), "GitLab namespace cannot end with .atom or .git"),
        (("a/b", "p/q", "w.yml", None), "Invalid GitLab project name"),
        (("a/b", "p", "/w.yml", None), "Workflow filepath cannot start with /"),
        (("a/b", "p", "w.yml/", None), "Workflow filepath cannot end with /"),
        (("a/b", "p", "w", None), "Workflow filepath must end with `.yml` or `.yaml`"),
        (("a/b", "p", "w.yml", "ü"), "Environment name contains invalid characters"),
    ],
)
def test_a_configuration_of_gitlab_is_looked_at(fields: tuple[str, str, str, str | None], said: str) -> None:
    assert refusal(lambda: check_gitlab(*fields)) == said


UNFIT = "Failed to deserialize the JSON body into the target type: "


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("{}", "missing field `github_config` at line 1 column 2"),
        ("null", "invalid type: null, expected struct CreateRequest at line 1 column 4"),
        ("[]", "invalid length 0, expected struct CreateRequest with 1 element at line 1 column 2"),
        ('{"github_config": {}}', "github_config: missing field `crate` at line 1 column 20"),
        (
            '{"github_config": {"crate": 5}}',
            "github_config.crate: invalid type: integer `5`, expected a string at line 1 column 29",
        ),
        (
            '{"x": [1, {"y": "}"}],\n "github_config": {"crate": "a", "crate": "b"}}',
            "github_config: duplicate field `crate` at line 2 column 40",
        ),
    ],
)
def test_a_body_that_is_not_the_struct_is_told_where(document: str, said: str) -> None:
    assert refusal(lambda: read_struct(document, GITHUB_ACTIONS.request)) == UNFIT + said


def test_a_body_is_read_without_what_nobody_asked_for() -> None:
    item = '{"crate": "a", "namespace": "n", "project": "p", "workflow_filepath": "w.yml", "more": [{}, {"a": "}"}]}'
    read = read_struct(f' {{"gitlab_config": {item} }} ', GITLAB_CI.request)
    fields = {"crate": "a", "namespace": "n", "project": "p", "workflow_filepath": "w.yml", "environment": None}
    assert read == {"gitlab_config": fields}


def _parses(text: str) -> bool:
    try:
        check_access_token(text)
    except Refusal:
        return False
    return True
