"""The gates as a whole: the list, its page, what opens and what closes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from loadmaster.errors.request import GatesClosed
from loadmaster.planning.gates import GATES, ON_FILES, check, require_open
from loadmaster.planning.gates.catalogue_page import page
from loadmaster.planning.gates.evidence import Evidence
from loadmaster.planning.gates.judging import turn_into_advice
from loadmaster.planning.profile.project import Project
from loadmaster.planning.registry.seen import Lint
from loadmaster.planning.show import gates_markdown, gates_text
from loadmaster.planning.values.gate import GateAnswer, Outcome, Problem
from loadmaster.run.profiles import PROJECTS, load_project, project_names
from tests.kit.building import evidence, needs, package, project, seen
from tests.kit.checkout import ROOT
from tests.kit.gates_asked import answer, tree

HEALTHY = (package("app", needs("core")), package("core"))
STABLE = {
    "tag-equals-version",
    "strict-tag",
    "changelog-heading",
    "lockfiles-current",
    "requirements-satisfiable",
    "path-without-version",
    "git-dependency",
    "metadata-complete",
    "depends-on-unpublished",
    "stale-dependency",
    "publish-list",
    "dependency-cycle",
    "workflow-exists",
}


def test_a_healthy_release_opens_every_gate() -> None:
    answers = check(evidence(seen(*HEALTHY)))
    assert {each.outcome for each in answers} <= {Outcome.PASS, Outcome.SKIP}
    require_open(answers)


def test_a_healthy_plain_tree_opens_every_gate_that_needs_only_files() -> None:
    answers = check(tree(*HEALTHY, tag="v0.4.0"), ON_FILES)
    assert {each.outcome for each in answers} <= {Outcome.PASS, Outcome.SKIP}


def test_ids_are_words_that_never_change_and_none_is_there_twice() -> None:
    ids = [each.id for each in GATES]
    assert len(set(ids)) == len(ids)
    assert {each.id for each in ON_FILES} >= STABLE


@pytest.mark.parametrize("gate", GATES, ids=[each.id for each in GATES])
def test_every_gate_asks_a_question_and_says_why(gate: object) -> None:
    each = next(known for known in GATES if known is gate)
    assert "?" in each.what
    assert each.why.endswith(".")


def test_every_gate_has_a_planted_failure() -> None:
    """A test names the gate that it lets fail; one without would be a gate that was never seen to close."""
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_gates_*.py"))
    planted = set(re.findall(r'"([a-z-]+)"', tests))
    assert {each.id for each in GATES} <= planted


def test_the_page_of_the_gates_is_made_of_them() -> None:
    assert (ROOT / "docs" / "gates.md").read_text(encoding="utf-8") == page()


@pytest.mark.parametrize("name", project_names(PROJECTS))
def test_the_gates_that_a_profile_calls_advice_exist(name: str) -> None:
    assert set(load_project(name).gates.advice) <= {each.id for each in GATES}


def test_what_nobody_looked_at_could_not_be_checked() -> None:
    answers = check(tree(*HEALTHY))
    assert {each.outcome for each in answers if each.gate == "tree-clean"} == {Outcome.COULD_NOT_CHECK}


def test_what_cannot_be_read_fails_in_the_words_of_its_own_error() -> None:
    broken = tree(*HEALTHY, texts={"crates/app/pyproject.toml": "version = "})
    found = answer(broken, "python-version")
    assert found.outcome is Outcome.FAIL
    assert "crates/app/pyproject.toml" in found.problems[0].what


def advising(*ids: str) -> Project:
    return project().model_copy(update={"gates": project().gates.model_copy(update={"advice": ids})})


def test_advice_is_shown_and_closes_nothing() -> None:
    found = evidence(seen(package("app", description=None)), profile=advising("metadata-complete"))
    answers = check(found)
    advised = next(each for each in answers if each.gate == "metadata-complete")
    assert (advised.outcome, advised.problems) == (Outcome.PASS, ())
    assert "no description" in advised.warnings[0].what
    require_open(answers)


def test_advice_without_an_answer_stays_open_and_closes_nothing() -> None:
    asked = turn_into_advice(GateAnswer.could_not_check("msrv", "no such toolchain"))
    assert asked.outcome is Outcome.COULD_NOT_CHECK
    require_open((asked,))


def test_a_question_without_an_answer_does_not_open() -> None:
    answers = check(evidence(seen(*HEALTHY), lint=Lint(ran=False, why="clippy is not installed")))
    with pytest.raises(GatesClosed, match="clippy: could not be checked: clippy is not installed"):
        require_open(answers)


def test_nothing_checked_is_not_a_pass() -> None:
    assert GateAnswer.of("some-gate", 0, ()).outcome is Outcome.FAIL


def test_all_problems_are_told_at_once() -> None:
    found = evidence(seen(package("app", description=None, license=None), dirty=("a.rs", "b.rs")))
    with pytest.raises(GatesClosed) as caught:
        require_open(check(found))
    assert caught.value.what.startswith("4 problems found before anything was changed")


def test_answers_are_shown_with_their_problems_and_the_way_out() -> None:
    answers = check(evidence(seen(*HEALTHY, dirty=("a.rs",))))
    told = "✘ tree-clean: fail (1 checked)\n      a.rs: differs from the commit\n        next: commit it"
    assert told in gates_text(answers)
    assert "| `tree-clean` | ✘&nbsp;fail | 1 | `a.rs`: differs from the commit. Next: commit it" in gates_markdown(
        answers
    )


def test_the_evidence_of_a_plain_tree_has_its_files_alone() -> None:
    found: Evidence = tree(*HEALTHY)
    assert (found.release, found.built) == (None, None)


def test_a_warning_is_no_problem() -> None:
    warned = GateAnswer.of("new-crate", 1, ()).model_copy(
        update={"warnings": (Problem(where="app", what="is new", fix="list it"),)}
    )
    require_open((warned,))
