"""The pure rules of workflows: filter patterns, conditions, and the file itself, each by a table."""

from __future__ import annotations

import pytest

from loadmaster.rehearsal.forge.actions.expressions import Circumstances, filled, holds
from loadmaster.rehearsal.forge.actions.ref_filters import RefFilters, is_among, lets_in
from loadmaster.rehearsal.forge.actions.workflow_file import read_workflow

PATTERNS = [
    # GitHub's own table of examples
    ("feature/*", ["feature/my-branch", "feature/your-branch"], ["feature/beta-a/my-branch", "feature"]),
    ("feature/**", ["feature/beta-a/my-branch", "feature/your-branch", "feature/mona/the/octocat"], ["features/a"]),
    ("main", ["main"], ["mains", "a/main"]),
    ("*", ["main", "releases"], ["all/the/branches"]),
    ("**", ["all/the/branches", "every/tag"], []),
    ("*feature", ["mona-feature", "feature", "ver-10-feature"], ["a/feature"]),
    ("v2*", ["v2", "v2.0", "v2.9"], ["v1"]),
    ("v[12].[0-9]+.[0-9]+", ["v1.10.1", "v2.0.0"], ["v3.0.0", "v1.x.0"]),
    ("releases/**-alpha", ["releases/10-alpha", "releases/beta/mona-alpha"], ["releases/10"]),
    ("octo?t", ["octt", "octot"], ["octooot"]),
    ("v[0-9]+.[0-9]+.[0-9]+*", ["v1.2.3", "v1.2.3-rc.1"], ["v1.2"]),
    ("hangar-v*", ["hangar-v1.0.0"], ["v1.0.0"]),
    ("a.b", ["a.b"], ["axb"]),
    ("[", [], ["a"]),
]


@pytest.mark.parametrize(("pattern", "fits", "others"), PATTERNS, ids=[each[0] for each in PATTERNS])
def test_a_pattern(pattern: str, fits: list[str], others: list[str]) -> None:
    assert [name for name in (*fits, *others) if is_among(name, [pattern])] == fits


@pytest.mark.parametrize(
    ("name", "patterns", "taken"),
    [
        ("releases/10", ["releases/**", "!releases/**-alpha"], True),
        ("releases/10-alpha", ["releases/**", "!releases/**-alpha"], False),
        ("releases/10-alpha", ["releases/**", "!releases/**-alpha", "releases/10-*"], True),
        ("main", ["!main"], False),
    ],
)
def test_the_last_pattern_that_fits_decides(name: str, patterns: list[str], taken: bool) -> None:
    assert is_among(name, patterns) is taken


@pytest.mark.parametrize(
    ("filters", "starts"),
    [
        (RefFilters(), ["refs/heads/main", "refs/tags/v1"]),
        (RefFilters(tags=("v*",)), ["refs/tags/v1"]),
        (RefFilters(branches=("main",)), ["refs/heads/main"]),
        (RefFilters(branches=("main",), tags=("v*",)), ["refs/heads/main", "refs/tags/v1"]),
        (RefFilters(tags_ignore=("v*",)), []),
        (RefFilters(branches_ignore=("x",)), ["refs/heads/main"]),
        (RefFilters(tags=("x",)), []),
        (RefFilters(branches=()), []),
    ],
    ids=str,
)
def test_filters_of_one_kind_leave_out_the_other(filters: RefFilters, starts: list[str]) -> None:
    assert [ref for ref in ("refs/heads/main", "refs/tags/v1", "refs/pull/1/head") if lets_in(filters, ref)] == starts


NAMES = {
    "vars.PUBLISHER": "ci",
    "github.ref": "refs/tags/v1.0.0",
    "github.event_name": "push",
    "needs.a.result": "failure",
}
CONDITIONS = [
    (None, True),
    ("vars.PUBLISHER == 'ci'", True),
    ("vars.PUBLISHER == 'CI'", True),
    ("vars.PUBLISHER != 'ci'", False),
    ("${{ vars.PUBLISHER == 'direct' }}", False),
    ("vars.OTHER == ''", True),
    ("vars.OTHER", False),
    ("startsWith(github.ref, 'refs/tags/')", True),
    ("startsWith(github.ref, 'refs/heads/') || github.event_name == 'push'", True),
    ("!(github.event_name == 'push')", False),
    ("contains(github.ref, 'v1') && endsWith(github.ref, '.0')", True),
    ("'it''s' == 'it''s'", True),
    ("true && false", False),
    ("always()", True),
    ("failure()", False),
    ("success()", True),
    ("cancelled()", False),
]


@pytest.mark.parametrize(("condition", "truth"), CONDITIONS, ids=[str(each[0]) for each in CONDITIONS])
def test_a_condition_after_success(condition: str | None, truth: bool) -> None:
    assert holds(condition, Circumstances(NAMES, ("success",))) == (truth, None)


@pytest.mark.parametrize(
    ("condition", "results", "truth"),
    [
        (None, ("failure",), False),
        (None, ("skipped",), False),
        ("vars.PUBLISHER == 'ci'", ("failure",), False),
        ("always() && needs.a.result == 'failure'", ("failure",), True),
        ("failure()", ("failure", "success"), True),
        ("success() || failure()", ("failure",), True),
        ("always()", ("skipped",), True),
    ],
)
def test_a_condition_after_something_else(condition: str | None, results: tuple[str, ...], truth: bool) -> None:
    assert holds(condition, Circumstances(NAMES, results)).holds is truth


@pytest.mark.parametrize("condition", ["fromJSON(inputs.x).y", "github.unheard == 'x'", "a b", "== 1", "x &&", "§"])
def test_what_is_not_understood_counts_as_true_and_says_so(condition: str) -> None:
    verdict = holds(condition, Circumstances(NAMES, ("success",)))
    assert verdict.holds
    assert verdict.unclear
    assert not holds(condition, Circumstances(NAMES, ("failure",))).holds


def test_a_template_is_filled() -> None:
    assert filled("Release ${{ github.ref_name }}${{inputs.none}}!", {"github.ref_name": "v1"}) == "Release v1!"


MATRIX = """\
name: Build
on: [push, pull_request]
permissions: write-all
jobs:
  build:
    name: Build ${{ matrix.os }}
    strategy: {matrix: {os: [linux, mac], include: [{os: linux, slow: true}, {os: windows}]}}
    needs: lint
    environment: {name: crates}
    steps: [{uses: actions/checkout@v4}, {run: "make\\nmore"}, {name: Named, run: x}]
  plain: {strategy: {matrix: {x: [1, 2], y: [a]}}}
  called: {uses: ./.github/workflows/x.yml}
"""


def test_a_file_is_read() -> None:
    source = read_workflow(".github/workflows/build.yml", MATRIX)
    assert [job.name for job in source.jobs] == [
        "Build linux",
        "Build mac",
        "Build windows",
        "plain (1, a)",
        "plain (2, a)",
        "called",
    ]
    build = source.jobs[0]
    assert (build.needs, build.environment) == (("lint",), "crates")
    assert build.steps == ("Run actions/checkout@v4", "Run make", "Named")
    assert (source.pull_request, source.dispatch, source.file) == (True, None, "build.yml")
    assert source.grants(build, "id-token", "write")
    assert source.jobs[-1].uses == "./.github/workflows/x.yml"


@pytest.mark.parametrize(
    "text", ["", "[]", "a: [", "on: 3", "on: {push: {tags: v*}}\njobs: [1]", "jobs: {a: {needs: {}}}"]
)
def test_a_file_that_is_no_workflow_starts_nothing_or_little(text: str) -> None:
    source = read_workflow("x.yml", text)
    assert source.dispatch is None
    assert len(source.jobs) <= 1


@pytest.mark.parametrize(
    ("workflow", "job", "granted"),
    [
        ("{}", "{id-token: write}", True),
        ("{id-token: write}", None, True),
        ("{id-token: write}", "{contents: read}", False),
        (None, None, False),
        ("read-all", None, False),
    ],
)
def test_who_may_ask_for_an_id_token(workflow: str | None, job: str | None, granted: bool) -> None:
    top = f"permissions: {workflow}\n" if workflow else ""
    own = f"permissions: {job}" if job else "x: 1"
    source = read_workflow("x.yml", f"on: push\n{top}jobs:\n  a: {{{own}}}\n")
    assert source.grants(source.jobs[0], "id-token", "write") is granted
