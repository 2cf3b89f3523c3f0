"""What a person reads of a plan, of the gates and of a receipt."""

from __future__ import annotations

import pytest

from loadmaster.planning.commands.changes import ChangedFile, FileChange
from loadmaster.planning.commands.results import CommandResult
from loadmaster.planning.gates.judging import turn_into_advice
from loadmaster.planning.plan import ReleasePlan, plan_release
from loadmaster.planning.show import (
    gates_markdown,
    gates_text,
    plan_markdown,
    plan_text,
    receipt_markdown,
    receipt_text,
)
from loadmaster.planning.values.gate import GateAnswer, Problem
from loadmaster.planning.values.receipt import CommandRecord, Failure, ObjectRecord
from loadmaster.planning.values.state import ObjectState
from loadmaster.planning.values.value import digest
from tests.kit.building import BASE, TODAY, needs, package, project, seen
from tests.kit.receipts import CRATE, receipt

PROBLEM = Problem(where="Cargo.lock", what="is stale", fix="commit it.")


@pytest.fixture
def plan() -> ReleasePlan:
    profile = project(exclude=[{"package": "tool", "why": "it is for us"}]).model_copy(
        update={"cargo": project().cargo.model_copy(update={"verify": False})}
    )
    looked = seen(package("app", needs("core")), package("core"), package("tool"), registry={"core": ["0.3.0"]})
    return plan_release(looked, profile, "minor", TODAY)


class TestPlan:
    def test_the_text_says_all_that_will_be_done(self, plan: ReleasePlan) -> None:
        shown = plan_text(plan).splitlines()
        expected = [
            "demo 0.4.0 → 0.5.0",
            f"  from    {BASE} on `main`",
            "  commit  Release 0.5.0",
            "            CHANGELOG.md",
            "            Cargo.lock",
            "            crates/app/Cargo.toml",
            "            crates/core/Cargo.toml",
            "            crates/tool/Cargo.toml",
            "  tag     v0.5.0",
            "  crates  2, dependencies first",
            "            core@0.5.0",
            "            app@0.5.0 (new) after core",
            "  not published: tool (it is for us)",
            "  release v0.5.0 with SHA256SUMS, receipt.json",
            "  deviation: packaged with `verify = false` by the profile: the packaged crates were not built",
            f"  plan    {digest(plan)}",
        ]
        assert [line for line in shown if line in expected] == expected

    def test_the_markdown_has_a_graph_whose_arrows_lead_to_those_that_wait(self, plan: ReleasePlan) -> None:
        shown = plan_markdown(plan)
        graph = shown.partition("```mermaid\n")[2].partition("```")[0]
        assert graph == 'graph LR\n  c0["core@0.5.0"]\n  c1["app@0.5.0"]\n  c0 --> c1\n'
        assert "| `app@0.5.0` | new | `core` |" in shown
        assert "| `core@0.5.0` | update | – |" in shown
        assert "## Deviations" in shown
        assert digest(plan) in shown

    def test_a_tree_that_has_the_version_needs_no_commit(self, plan: ReleasePlan) -> None:
        without = plan.model_copy(update={"edits": ()})
        assert "  commit  none: the tree has the version already\n" in plan_text(without)
        assert "- none: the tree has the version already" in plan_markdown(without)

    def test_each_command_is_told_with_what_it_made(self, plan: ReleasePlan) -> None:
        made = ChangedFile(path="docs/new.md", how=FileChange.MADE, sha256="a" * 64)
        gone = ChangedFile(path="docs/old.md", how=FileChange.DELETED)
        xtask = CommandResult(name="docs", run=("cargo", "xtask", "a b"), directory="tools", files=(made, gone))
        idle = CommandResult(name="make", run=("make",), directory=None, files=())
        ran = plan.model_copy(update={"commands": (xtask, idle)})
        told = [
            "  command docs: cargo xtask 'a b' (in tools)",
            "            docs/new.md made",
            "            docs/old.md deleted",
            "  command make",
            "            changes nothing",
        ]
        assert "\n".join(told) in plan_text(ran)
        assert "- by `docs`: `docs/new.md` made, `docs/old.md` deleted\n- by `make`: nothing\n" in plan_markdown(ran)
        assert digest(ran) != digest(plan)


class TestGates:
    ANSWERS = (
        GateAnswer.of("tree-clean", 1, ()),
        GateAnswer.of("lockfiles-current", 2, (PROBLEM,)),
        GateAnswer.skip("clippy", "the profile says so"),
        GateAnswer.could_not_check("cargo-version", "it did not say"),
    )

    def test_each_outcome_has_its_own_sign_and_each_problem_its_remedy(self) -> None:
        assert gates_text(self.ANSWERS) == (
            "  ✔ tree-clean: pass (1 checked)\n"
            "  ✘ lockfiles-current: fail (2 checked)\n"
            "      Cargo.lock: is stale\n"
            "        next: commit it.\n"
            "  – clippy: skip (the profile says so)\n"
            "  ? cargo-version: could-not-check (it did not say)\n"
        )

    def test_a_warning_and_what_was_answered_are_told(self) -> None:
        asked = PROBLEM.model_copy(update={"evidence": "`GET …/owners`: 200, `…`"})
        text = gates_text([GateAnswer.of("owners", 1, [asked]).model_copy(update={"warnings": (PROBLEM,)})])
        assert "        answer: `GET …/owners`: 200, `…`\n        next: commit it.\n" in text
        assert "      warning: Cargo.lock: is stale\n        next: commit it.\n" in text

    def test_the_table_has_a_row_for_each(self) -> None:
        rows = gates_markdown(self.ANSWERS).splitlines()[2:]
        assert len(rows) == len(self.ANSWERS)
        assert rows[1] == "| `lockfiles-current` | ✘&nbsp;fail | 2 | `Cargo.lock`: is stale. Next: commit it. |"

    def test_what_would_break_a_table_does_not(self) -> None:
        broken = Problem(where="a|b", what="line one\nline | two", fix="mend it.")
        rows = gates_markdown((GateAnswer.of("clippy", 1, (broken,)),)).splitlines()[2:]
        assert len(rows) == 1
        assert rows[0].replace(r"\|", "").count("|") == 5


class TestReceipt:
    def test_the_text_tells_the_outcome_first_and_each_object_on_a_line(self) -> None:
        shown = receipt_text(receipt(gates=())).splitlines()
        assert shown[0] == "demo 1.0.0: RELEASED in 12.5 s (rehearsal world)"
        assert shown[2].split() == ["✔", "tag", "v1.0.0", "0.0", "s", "(was", "there", "already)"]
        assert "2 attempts" in shown[3]
        assert "sha256 aaaaaaaaaaaa" in shown[3]

    def test_a_command_is_told_with_what_it_changed(self) -> None:
        record = {"run": ("make",), "exit_code": 0, "sha256": "a" * 64, "seconds": 2.25}
        ran = CommandRecord.model_validate(record | {"name": "docs", "files": ("a.md", "b.md")})
        kept = CommandRecord.model_validate(record | {"name": "idle", "files": (), "kept": True})
        lines = receipt_text(receipt(commands=(ran, kept))).splitlines()
        assert lines[2:4] == [
            "  ✔ command  docs  2.2 s  changed a.md, b.md",
            "  ✔ command  idle  2.2 s  changed nothing  (kept by an earlier attempt)",
        ]

    def test_the_last_lines_of_a_release_that_is_out_name_each_gate_that_did_not_pass(self) -> None:
        advice = turn_into_advice(GateAnswer.of("clippy", 1, [PROBLEM, PROBLEM]))
        unasked = turn_into_advice(GateAnswer.could_not_check("msrv", "Rust 1.60\nis not installed"))
        warned = GateAnswer.of("gone-crate", 1, ()).model_copy(update={"warnings": (PROBLEM,)})
        fine = (warned, GateAnswer.skip("python-version", "no Python"), GateAnswer.of("tag-free", 1, ()))
        shown = receipt_text(receipt(gates=(advice, unasked, *fine)))
        told = [
            "  did not pass:",
            "    clippy: advice: Cargo.lock: is stale (and 1 more)",
            "    msrv: could not be checked: Rust 1.60 is not installed",
        ]
        assert shown.splitlines()[-3:] == told
        assert "- `msrv`: could not be checked: " in receipt_markdown(receipt(gates=(unasked,)), None)
        assert "did not pass" not in receipt_text(receipt(gates=fine))

    def test_closed_gates_and_the_failure_are_told_last(self) -> None:
        failure = Failure(what="It broke.", why="b.", next="c.")
        shown = receipt_text(receipt(outcome="failed", run="3f2a8c1e-0000", failure=failure))
        assert "✘ tree-clean: fail" in shown
        assert "\nIt broke.\n  why: b.\n  next: c.\n\nout by now: " in shown
        assert shown.endswith("\ngo on: `loadmaster resume 3f2a8c1e`\n")

    @pytest.mark.parametrize("state", list(ObjectState))
    def test_every_state_has_a_sign_and_a_colour(self, state: ObjectState, plan: ReleasePlan) -> None:
        record = ObjectRecord(kind="crate", id="core@0.5.0", state=state)
        assert f"{state}" in receipt_markdown(receipt(objects=(record,)), plan)
        assert "  style c0 fill:#" in receipt_markdown(receipt(objects=(record,)), plan)
        assert receipt_text(receipt(objects=(record,)))

    def test_without_a_plan_there_is_no_graph(self) -> None:
        shown = receipt_markdown(receipt(), None)
        assert "mermaid" not in shown
        assert f"| ✔&nbsp;same | crate | `{CRATE.id}` | 1.5 | 2 | `{'a' * 16}…` |  |" in shown

    def test_what_would_break_its_table_does_not(self) -> None:
        record = CRATE.model_copy(update={"why": "status 500 | at\nline two"})
        rows = [row for row in receipt_markdown(receipt(objects=(record,)), None).splitlines() if CRATE.id in row]
        assert len(rows) == 1
        assert rows[0].endswith(r"| status 500 \| at<br>line two |")

    def test_a_rehearsal_tells_how_its_world_is_opened_again(self) -> None:
        command = "\n    loadmaster world --project demo --directory runs/1/world"
        seen_now = receipt_markdown(receipt(as_of=None), None, "runs/1/world")
        assert f"{command}\n" in seen_now
        seen_then = receipt_markdown(receipt(as_of="2026-01-24T19:00:00Z"), None, "runs/1/world")
        assert f"{command} --as-of 2026-01-24T19:00:00+00:00\n" in seen_then

    def test_a_release_for_real_has_no_such_world(self) -> None:
        assert "loadmaster world" not in receipt_markdown(receipt(world="live"), None, "runs/1/world")

    def test_problems_told_at_once_stay_a_list(self) -> None:
        failure = Failure(what="2 problems found:\n  - `a`: b\n  - `c`: d", why="e.", next="f.")
        shown = receipt_markdown(receipt(failure=failure), None)
        assert "\n**2 problems found:**\n  - `a`: b\n  - `c`: d\n\n- why: e.\n- next: f.\n" in shown
