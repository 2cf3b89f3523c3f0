"""The law of every object: it is brought about once, and believed only when it is seen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import pytest

from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.git import NotObserved, TagTaken
from loadmaster.errors.registry import RegistryUnreachable
from loadmaster.planning.values.observation import Observation
from loadmaster.planning.values.receipt import ObjectKind
from loadmaster.planning.values.state import ObjectState
from loadmaster.things.thing import Thing, converge, look_at

ABSENT, SAME, EQUIVALENT, DIFFERENT, UNKNOWN = ObjectState


@dataclass
class Flag(Thing[Observation]):
    """A tag in a world of one place, which does with an act what the test says."""

    kind: ClassVar[ObjectKind] = "tag"
    state: ObjectState
    why: str | None = None
    becomes: ObjectState = SAME
    acts: int = 0
    looks: list[ObjectState] = field(default_factory=list)

    @property
    def id(self) -> str:
        return "v1.0.0"

    @property
    def place(self) -> str:
        return "ada/hangar"

    def observe(self) -> Observation:
        self.looks.append(self.state)
        return Observation(state=self.state, code="planted", facts={"looks": len(self.looks)}, why=self.why)

    def conflict(self, seen: Observation) -> LoadmasterError:
        return TagTaken(self.id, "ours", "theirs")

    def act(self) -> None:
        self.acts += 1
        self.state = self.becomes


def test_what_is_absent_is_brought_about_and_seen_before_it_is_believed() -> None:
    flag = Flag(ABSENT)
    record = converge(flag, flag.act).record
    assert (record.kind, record.id, record.state, record.attempts) == ("tag", "v1.0.0", "same", 1)
    assert (record.code, record.facts) == ("planted", {"looks": 2})
    assert flag.looks == [ABSENT, SAME]


@pytest.mark.parametrize("state", [SAME, EQUIVALENT])
@pytest.mark.parametrize(
    ("why", "told"),
    [(None, "was there already"), ("only the gzip differs", "was there already: only the gzip differs")],
    ids=["that is all", "with a reason"],
)
def test_what_is_there_is_left_alone(state: ObjectState, why: str | None, told: str) -> None:
    flag = Flag(state, why)
    record = converge(flag, flag.act).record
    assert (record.state, record.attempts, record.why) == (state, 0, told)
    assert flag.acts == 0


@pytest.mark.parametrize("state", [DIFFERENT, UNKNOWN])
def test_what_is_not_ours_or_not_known_is_the_thing_s_own_error_and_nothing_is_done(state: ObjectState) -> None:
    flag = Flag(state)
    with pytest.raises(TagTaken):
        converge(flag, flag.act)
    assert flag.acts == 0


@pytest.mark.parametrize(
    ("becomes", "error"),
    [(ABSENT, NotObserved), (DIFFERENT, TagTaken), (UNKNOWN, TagTaken)],
    ids=["still absent", "another's", "not to be known"],
)
def test_an_act_that_says_yes_is_not_believed_where_the_thing_is(
    becomes: ObjectState, error: type[LoadmasterError]
) -> None:
    flag = Flag(ABSENT, becomes=becomes)
    with pytest.raises(error, match=r"`v1\.0\.0`"):
        converge(flag, flag.act)


def test_doing_it_twice_does_it_once() -> None:
    flag = Flag(ABSENT)
    first, second = converge(flag, flag.act).record, converge(flag, flag.act).record
    assert (first.attempts, second.attempts, flag.acts) == (1, 0, 1)


def test_an_act_whose_answer_was_lost_is_recognised_by_the_next_attempt() -> None:
    flag = Flag(ABSENT)

    def lose_the_answer() -> None:
        flag.act()
        raise RegistryUnreachable("https://registry.example", "no answer")

    with pytest.raises(RegistryUnreachable):
        converge(flag, lose_the_answer)
    assert converge(flag, flag.act).record.attempts == 0
    assert flag.acts == 1


def test_looking_at_a_thing_that_cannot_be_asked_makes_it_unknown_with_the_error_s_code() -> None:
    class Away(Flag):
        def observe(self) -> Observation:
            raise RegistryUnreachable("https://registry.example", "no answer")

    record = look_at(Away(SAME))
    assert (record.state, record.code) == ("unknown", "registry-unreachable")
    assert record.facts == {"url": "https://registry.example", "told": "no answer"}
