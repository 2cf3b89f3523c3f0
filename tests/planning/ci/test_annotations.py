"""Annotations: which level, which place, and what is left where there are more than GitHub shows."""

from __future__ import annotations

from loadmaster.planning.ci.annotations import (
    SHOWN,
    AnnotationLevel,
    failure_annotation,
    gate_annotations,
    shown,
    text_annotation,
)
from loadmaster.planning.values.gate import GateAnswer, Problem
from loadmaster.planning.values.receipt import Failure

ERROR, WARNING = AnnotationLevel.ERROR, AnnotationLevel.WARNING
LINE = Problem.in_file("app/Cargo.toml", 7, what="has no licence", fix="add one.")
TAG = Problem(where="v1.4.0", also=("v1.5.0",), what="exists already", fix="release another version.")


def test_a_failure_is_an_error_at_its_line_and_says_what_to_do() -> None:
    (told,) = gate_annotations([GateAnswer.of("metadata-complete", 1, [LINE])])
    assert told.command == (
        "::error file=app/Cargo.toml,line=7,title=metadata-complete::has no licence.%0ANext: add one."
    )


def test_what_is_of_no_file_names_its_places_in_words() -> None:
    (told,) = gate_annotations([GateAnswer.of("tag-free", 1, [TAG])])
    assert (told.file, told.line) == (None, None)
    assert told.message == "v1.4.0: exists already.\nNext: release another version.\nThe same for v1.5.0."


def test_warnings_and_open_questions_warn_after_the_errors_and_passes_and_skips_say_nothing() -> None:
    answers = [
        GateAnswer.of("passes", 3, []),
        GateAnswer.skip("skipped", "nobody asked"),
        GateAnswer.could_not_check("open", "nobody looked"),
        GateAnswer.of("advised", 1, []).model_copy(update={"warnings": (LINE,), "advised": True}),
        GateAnswer.of("fails", 1, [LINE]),
    ]
    told = [(each.level, each.title) for each in gate_annotations(answers)]
    assert told == [(ERROR, "fails"), (WARNING, "open"), (WARNING, "advised")]


def test_every_gate_is_shown_before_a_second_problem_of_one() -> None:
    many = GateAnswer.of("many", 30, [LINE] * 30)
    told = shown(gate_annotations([many, GateAnswer.of("one", 1, [TAG])]))
    assert [each.title for each in told] == ["many", "one", *["many"] * (SHOWN - 3), "more"]
    assert told[-1].message.startswith("22 more are in the step's log and summary")


def test_as_many_as_github_shows_are_all_shown() -> None:
    told = shown(gate_annotations([GateAnswer.of("many", SHOWN, [LINE] * SHOWN)]))
    assert [each.title for each in told] == ["many"] * SHOWN


def test_each_level_has_room_of_its_own() -> None:
    answer = GateAnswer.of("many", 30, [LINE] * 30).model_copy(update={"warnings": (TAG,) * 30})
    levels = [each.level for each in shown(gate_annotations([answer]))]
    assert levels == [ERROR] * SHOWN + [WARNING] * SHOWN


def test_a_tree_below_the_top_of_the_repository_has_its_directory_before_its_files() -> None:
    (told,) = gate_annotations([GateAnswer.of("metadata-complete", 1, [LINE])])
    assert told.below("rust").file == "rust/app/Cargo.toml"
    assert told.below("").file == "app/Cargo.toml"
    assert gate_annotations([GateAnswer.of("tag-free", 1, [TAG])])[0].below("rust").file is None


def test_a_failure_has_its_code_as_title_and_its_three_sentences() -> None:
    failure = Failure(what="It failed.", why="it does.", next="try again.", code="cargo-failed")
    told = failure_annotation(failure)
    assert (told.level, told.title) == (ERROR, "cargo-failed")
    assert told.message == "It failed.\nWhy: it does.\nNext: try again."


def test_bad_news_of_a_command_without_gates_is_an_error() -> None:
    assert text_annotation("absent: it is not there\n").command == "::error title=loadmaster::absent: it is not there"
