"""A pass carries what was asked; what says the same of several places is told once; all of it is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from pydantic import ValidationError

from loadmaster.errors.request import GatesClosed
from loadmaster.planning.gates import require_open
from loadmaster.planning.permissions.findings import Asked, Finding, Found, answers, folded
from loadmaster.planning.permissions.gates import ask
from loadmaster.planning.permissions.seen import CrateAnswers, Exchange
from loadmaster.planning.permissions.show import permissions_markdown, permissions_text
from loadmaster.planning.values.gate import Outcome
from loadmaster.planning.values.permission_gate import PermissionGate
from tests.kit.answering import PASSED, WANTED, config, configured, crate, facts, owned, profile, refused

GATE = PermissionGate.TOKEN
ASKED = Asked(question="`GET …/core`", answer="200, `{}`", credential="the token in `X`")


def test_nothing_passes_that_nobody_was_asked_about() -> None:
    with pytest.raises(ValidationError, match="nobody was asked"):
        Finding(gate=GATE, where="core", outcome=Outcome.PASS, what="may be published")
    Finding(gate=GATE, where="core", outcome=Outcome.FAIL, what="may not")


def test_every_pass_about_a_crate_was_asked_about_that_crate() -> None:
    project = profile({"owners": ["ann"], "trusted_publishing": WANTED}, {"probe": True})
    core = CrateAnswers(
        crate=about("core"),
        owners=about("core", owned("ann").text),
        configs=about("core", configured(config()).text),
        probe=about("core", PASSED.text, 400),
    )
    passes = [each for each in ask(facts(project, core)) if each.outcome is Outcome.PASS and each.where == "core"]
    assert {each.gate for each in passes} == {"crate-exists", "owners", "trusted-publishing", "token"}
    assert all("core" in question.question for each in passes for question in each.asked)


def about(name: str, text: str | None = None, status: int = 200) -> Exchange:
    seen = crate(name)
    return seen.model_copy(
        update={"request": f"GET /crates/{name}", "status": status, "text": text if text is not None else seen.text}
    )


def of(where: str, what: str, fix: str = "") -> Finding:
    asked = (ASKED.model_copy(update={"question": f"`GET …/{where}`"}),)
    return Found(Outcome.FAIL, what, fix, asked).at(GATE, where)


def test_what_differs_in_the_place_s_name_alone_is_one() -> None:
    findings = [
        of("core", "is not ours", "add core."),
        of("core-api", "is not ours", "add core-api."),
        of("app", "is locked", "wait."),
    ]
    assert [(each.finding.where, each.others) for each in folded(findings)] == [("core", ("core-api",)), ("app", ())]


def test_a_token_asked_with_another_credential_is_another_answer() -> None:
    first = of("core", "is not ours")
    asked = (first.asked[0].model_copy(update={"question": "`GET …/app`", "credential": "the token in `Y`"}),)
    second = of("app", "is not ours").model_copy(update={"asked": asked})
    assert len(folded([first, second])) == 2


def test_alike_problems_name_every_place_and_close_once() -> None:
    (answer,) = answers([of(name, "is not ours", f"add {name}.") for name in ("a", "b", "c", "d", "e")], ())
    (problem,) = answer.problems
    assert (problem.where, problem.also, answer.checked) == ("a", ("b", "c", "d", "e"), 5)
    with pytest.raises(GatesClosed, match=r"1 problem found") as closed:
        require_open((answer,))
    assert "the same for `b`, `c`, `d`, `e`" in closed.value.what


def test_an_open_question_that_blocks_says_what_settles_it_and_how_to_unblock() -> None:
    unknown = Found(Outcome.COULD_NOT_CHECK, "is open", "ask again.").at(GATE, "core")
    (answer,) = answers([unknown], (GATE,))
    assert answer.why == "`core`: is open (to settle it: ask again)"
    with pytest.raises(GatesClosed, match=r"take `token` from `preflight\.blocking`"):
        require_open((answer,))


def test_a_pass_says_in_the_receipt_what_was_asked_with_which_token() -> None:
    findings = [
        Found(Outcome.PASS, "may be published", asked=of(name, "").asked).at(GATE, name) for name in ("core", "app")
    ]
    (answer,) = answers(findings, ())
    assert answer.asked == ("`core`, `app`: may be published; asked: `GET …/core` with the token in `X`: 200, `{}`",)


@pytest.mark.parametrize("show", [permissions_text, permissions_markdown], ids=["a terminal", "an artifact"])
def test_a_person_sees_what_was_asked_for_each_pass_and_what_settles_the_rest(
    show: Callable[[Sequence[Finding]], str],
) -> None:
    core = CrateAnswers(crate=crate(), owners=owned("ann"), configs=refused(400, "You are not an owner of this crate"))
    text = show(ask(facts(profile(), core)))
    assert "with the token in `LOADMASTER_REGISTRY_TOKEN`: 400" in text
    assert "[asked: the plan, by the limits in the profile" in text
    assert "To settle it: `preflight.probe = true`" in text
    assert "is owned by `ann`, and the account of the token in `LOADMASTER_REGISTRY_TOKEN` is not among them" in text
