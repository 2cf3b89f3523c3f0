"""The summary of a step, as a person reads it: what is wrong first, no foreign text that hides the rest, and not too long."""

from __future__ import annotations

import pytest

from loadmaster.planning.ci.summary import LONGEST, fitted, gates_summary
from loadmaster.planning.show import cell
from loadmaster.planning.values.gate import GateAnswer, Problem

HOSTILE = Problem.in_file("a|b.rs", 3, what="<!-- hidden\n| x | `<b>` </details>", fix="mend it.")


def test_what_is_wrong_comes_first_and_all_gates_are_folded_below() -> None:
    answers = [
        GateAnswer.of("passes", 3, []),
        GateAnswer.of("fails", 2, [Problem.in_file("Cargo.toml", 4, what="has no `license`", fix="add one.")]),
        GateAnswer.could_not_check("open", "nobody looked"),
    ]
    assert gates_summary("Gates", answers) == (
        "## Gates\n\n1 pass, 1 fail, 1 could-not-check.\n\n"
        "| | gate | where | what | next |\n|---|---|---|---|---|\n"
        "| ✘ | `fails` | `Cargo.toml:4` | has no `license` | add one. |\n"
        "| ? | `open` | | could not be checked: nobody looked | |\n\n"
        "<details><summary>All gates</summary>\n\n| gate | outcome | checked | |\n|---|---|---|---|\n"
        "| `passes` | pass | 3 |  |\n| `fails` | fail | 2 |  |\n| `open` | could-not-check | 0 | nobody looked |\n\n"
        "</details>\n"
    )


def test_where_nothing_is_wrong_there_is_no_table_of_problems() -> None:
    assert "| what |" not in gates_summary("Gates", [GateAnswer.of("passes", 3, [])])


def test_hostile_words_stay_in_their_cell() -> None:
    (row,) = [
        line for line in gates_summary("Gates", [GateAnswer.of("x", 1, [HOSTILE])]).splitlines() if "hidden" in line
    ]
    assert row == "| ✘ | `x` | `a\\|b.rs:3` | &lt;!-- hidden<br>\\| x \\| `<b>` &lt;/details> | mend it. |"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("`<T>` is <T>", "`<T>` is &lt;T>"),
        ("an open ` and <!--", "an open ` and &lt;!--"),
        ("``<!--", "``&lt;!--"),
        ("one\r\ntwo", "one<br>two"),
    ],
)
def test_only_code_may_hold_what_looks_like_html(text: str, shown: str) -> None:
    assert cell(text) == shown


def test_a_summary_that_is_too_long_is_cut_and_says_so() -> None:
    long = "ä" * LONGEST
    cut = fitted(long, used=100)
    assert len(cut.encode()) <= LONGEST - 100
    assert cut.endswith("The step's log has it._\n")
    assert fitted("short") == "short"
