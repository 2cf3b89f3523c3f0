"""A token in memory: what can be one, and how it keeps to itself."""

from __future__ import annotations

import copy
import json
import pickle

import cloudpickle  # type: ignore[import-untyped]
import pytest
from pydantic import BaseModel, PydanticSchemaGenerationError

from loadmaster.credentials.token import Token
from loadmaster.errors.credentials import TokenUnusable

CANARY = "cioCanaryOfTheTokenTests"

UNUSABLE = [
    ("a line break at the end", f"{CANARY}\n", "line break"),
    ("a carriage return", f"{CANARY}\r\n", "line break"),
    ("a line break inside", f"{CANARY}\nX-Other: 1", "line break"),
    ("a blank before", f" {CANARY}", "blank"),
    ("a blank inside", f"Bearer {CANARY}", "blank"),
    ("a tab", f"{CANARY}\t", "blank"),
    ("an umlaut", f"{CANARY}ä", "not ASCII"),
    ("a blank of no width", f"{CANARY}\u200b", "not ASCII"),
    ("a control character", f"{CANARY}\x7f", "control"),
    ("nothing", "", "fewer than"),
    ("what is too short to be one", "none", "fewer than"),
]


@pytest.mark.parametrize(("value", "told"), [row[1:] for row in UNUSABLE], ids=[row[0] for row in UNUSABLE])
def test_what_cannot_be_sent_is_refused_when_it_is_read_and_not_shown(value: str, told: str) -> None:
    with pytest.raises(TokenUnusable, match=told) as caught:
        Token(value, "`LOADMASTER_REGISTRY_TOKEN`")
    assert "`LOADMASTER_REGISTRY_TOKEN`" in caught.value.what
    assert "Canary" not in f"{caught.value} {vars(caught.value)}"


def test_it_is_revealed_to_who_asks_and_shown_to_nobody() -> None:
    token = Token(CANARY, "a test")
    assert token.reveal() == CANARY
    assert "Canary" not in f"{token} {token!r} {[token]} {token!s:>40}"


def test_it_cannot_become_a_parameter_a_result_or_a_copy() -> None:
    token = Token(CANARY, "a test")
    for attempt in (pickle.dumps, cloudpickle.dumps, copy.copy, copy.deepcopy, json.dumps):
        with pytest.raises(TypeError) as caught:
            attempt(token)
        assert "Canary" not in str(caught.value)
    with pytest.raises(PydanticSchemaGenerationError):

        class Parameters(BaseModel):
            token: Token
