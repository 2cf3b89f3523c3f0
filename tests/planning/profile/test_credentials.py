"""Which credential a crate goes out with, and what that means for the limits that count."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from loadmaster.planning.forecast import Costs, forecast
from loadmaster.planning.order import Edges
from loadmaster.planning.profile.registry_style import Credential, RegistryStyle
from loadmaster.planning.schedule import Schedule
from loadmaster.planning.values.rates import Action

TOKEN, TRUSTED = Credential.TOKEN, Credential.TRUSTED_PUBLISHING
NEW, UPDATE = Action.NEW, Action.UPDATE

CHOICES = [
    ("nothing said", {}, TOKEN, TOKEN),
    ("trusted publishing alone", {"credential": TRUSTED}, TRUSTED, TRUSTED),
    ("a token that creates", {"credential": TRUSTED, "credentials": {"new": TOKEN}}, TOKEN, TRUSTED),
    ("trusted publishing that creates", {"credentials": {"new": TRUSTED}}, TRUSTED, TOKEN),
]


@pytest.mark.parametrize(("said", "new", "update"), [row[1:] for row in CHOICES], ids=[row[0] for row in CHOICES])
def test_the_credential_follows_from_whether_the_crate_is_new(
    said: dict[str, Any], new: Credential, update: Credential
) -> None:
    style = RegistryStyle.model_validate(said)
    assert (style.credential_for(NEW), style.credential_for(UPDATE)) == (new, update)
    assert set(style.rates) == {action for action in Action if style.credential_for(action) is TOKEN}


def test_the_forecast_counts_only_what_a_token_publishes() -> None:
    names = [f"crate-{number}" for number in range(80)]
    graph: Edges = {name: frozenset() for name in names}
    actions = {name: NEW if number < 6 else UPDATE for number, name in enumerate(names)}

    def waits(**said: Any) -> int:
        style = RegistryStyle.model_validate(said)
        schedule = Schedule.of(graph, dict.fromkeys(graph, ""), actions, style.rates, style.connections)
        return forecast(schedule, Costs(), visible=False).waits

    both = waits()
    assert waits(credential=TRUSTED) == 0
    assert waits(credential=TRUSTED, credentials={"new": TOKEN}) == 1  # the sixth of a burst of five
    assert both == 1 + (74 - 30)


@pytest.mark.parametrize(
    ("block", "own", "of_new", "of_update"),
    [(None, None, None, None), ("one", None, "one", "one"), ("one", "two", "two", "one"), (None, "two", "two", None)],
)
def test_the_block_of_a_new_crate_is_its_own_or_else_the_common_one(
    block: str | None, own: str | None, of_new: str | None, of_update: str | None
) -> None:
    said = RegistryStyle.model_validate({"credentials": {"token_block": block, "new_token_block": own}}).credentials
    assert (said.block_for(NEW), said.block_for(UPDATE)) == (of_new, of_update)


def test_what_cannot_be_the_name_of_a_block_is_refused() -> None:
    with pytest.raises(ValidationError, match="token_block"):
        RegistryStyle.model_validate({"credentials": {"token_block": "cio SECRET"}})
