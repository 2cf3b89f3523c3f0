"""The receipt: its shape, its schema, and which two receipts tell of the same release."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadmaster.planning.values.receipt import (
    Failure,
    ObjectRecord,
    Receipt,
    ReceiptOutcome,
    json_schema,
    same_release,
    seconds_between,
)
from loadmaster.planning.values.state import ObjectState
from tests.kit.checkout import ROOT
from tests.kit.receipts import CRATE, TAG, WHEN, receipt

RECEIPTS = {
    "released": receipt(),
    "failed before there was a plan": receipt(
        outcome="failed", plan="", toolchain="", objects=(), gates=(), failure=Failure(what="a", why="b", next="c")
    ),
    "planned, as of an instant": receipt(outcome="planned", as_of=WHEN, objects=()),
}


def problems(document: Any) -> Iterator[str]:
    validator = jsonschema.Draft202012Validator(json.loads(json_schema()))
    return (error.message for error in validator.iter_errors(document))


def test_the_schema_in_the_documentation_is_current() -> None:
    path = ROOT / "docs/receipt.schema.json"
    assert path.is_file(), "python -m loadmaster.planning.values.receipt > docs/receipt.schema.json"
    assert path.read_text(encoding="utf-8") == json_schema(), (
        "python -m loadmaster.planning.values.receipt > docs/receipt.schema.json"
    )


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(json_schema()))


@pytest.mark.parametrize("name", RECEIPTS)
def test_a_receipt_satisfies_the_schema_and_is_read_back_as_it_was(name: str) -> None:
    text = RECEIPTS[name].to_json()
    assert not list(problems(json.loads(text)))
    assert Receipt.model_validate_json(text) == RECEIPTS[name]


def test_the_shape_is_the_agreed_one() -> None:
    document = json.loads(receipt().to_json())
    assert {"project", "version", "commit", "world", "outcome", "objects", "gates", "deviations"} <= document.keys()
    assert document["outcome"] == "released"
    assert document["objects"][1] == {
        "kind": "crate",
        "id": "hangar@1.0.0",
        "state": "same",
        "sha256": "a" * 64,
        "seconds": 1.5,
        "attempts": 2,
    }
    assert document["objects"][0]["why"] == "was there already"
    assert "sha256" not in document["objects"][0]
    assert document["gates"] == [
        {
            "gate": "tree-clean",
            "outcome": "fail",
            "checked": 1,
            "problems": [{"where": "Cargo.lock", "also": [], "what": "differs", "fix": "commit it."}],
            "warnings": [],
            "why": "",
            "asked": [],
            "blocks": True,
            "advised": False,
        }
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"outcome": "skipped"},
        {"world": "staging"},
        {"failure": {"what": "x", "surprise": 1}},
        {"objects": [{"kind": "crate", "id": "x", "state": "skipped"}]},
        {"objects": [{"kind": "crate", "state": "same"}]},
        {"gates": [{"gate": "x", "outcome": "maybe", "checked": 1}]},
        {"seconds": "long"},
    ],
    ids=str,
)
def test_what_is_no_receipt_does_not_satisfy_the_schema(wrong: dict[str, object]) -> None:
    assert list(problems(json.loads(receipt().to_json()) | wrong))


@pytest.mark.parametrize("field", ["project", "version", "commit", "world", "outcome"])
def test_a_receipt_lacks_nothing_that_names_the_release(field: str) -> None:
    document = json.loads(receipt().to_json())
    del document[field]
    assert list(problems(document)) == [f"'{field}' is a required property"]


class TestSameRelease:
    def test_a_later_attempt_s_receipt_tells_of_the_same_release(self) -> None:
        again = CRATE.model_copy(update={"seconds": 0.1, "attempts": 0, "why": "was there already"})
        later = receipt(started=WHEN + timedelta(hours=1), seconds=3.0, objects=(again, TAG))
        assert same_release(receipt().to_json().encode(), later.to_json().encode())

    def test_a_check_that_saw_something_else_is_no_other_release(self) -> None:
        smoke = ObjectRecord(kind="smoke", id="probe on 6.12 (vm)", state=ObjectState.SAME, attempts=1)
        assert same_release(receipt().to_json().encode(), receipt(objects=(CRATE, TAG, smoke)).to_json().encode())

    @pytest.mark.parametrize(
        "other",
        [
            {"version": "1.0.1"},
            {"commit": "e" * 40},
            {"plan": "e" * 64},
            {"world": "live"},
            {"objects": (TAG,)},
            {"objects": (TAG, CRATE.model_copy(update={"sha256": "b" * 64}))},
        ],
        ids=["version", "commit", "plan", "world", "a crate less", "another digest"],
    )
    def test_another_release_is_another(self, other: dict[str, object]) -> None:
        assert not same_release(receipt().to_json().encode(), receipt(**other).to_json().encode())

    @pytest.mark.parametrize("other", [b"", b"{", b"[]", b"{}", b'"x"', b"\xff", b'{"objects": [1]}'], ids=repr)
    def test_what_is_no_receipt_is_another(self, other: bytes) -> None:
        assert not same_release(receipt().to_json().encode(), other)
        assert not same_release(other, receipt().to_json().encode())

    @given(st.permutations([TAG, CRATE]), st.floats(0, 1e6), st.integers(0, 9))
    def test_order_durations_and_attempts_do_not_count(
        self, objects: list[ObjectRecord], seconds: float, attempts: int
    ) -> None:
        changed = tuple(each.model_copy(update={"seconds": seconds, "attempts": attempts}) for each in objects)
        other = receipt(objects=changed, outcome=ReceiptOutcome.FAILED, gates=())
        assert same_release(receipt().to_json().encode(), other.to_json().encode())


def test_durations_are_told_in_milliseconds() -> None:
    assert seconds_between(WHEN, WHEN + timedelta(seconds=1, microseconds=234567)) == 1.235
