"""What the smoke test of a release tests: a program with its object, policy and arguments, as bytes and text.

It knows what a payload needs to start the program. It does not know where the bytes come from.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from loadmaster.planning.values.value import Value

VICTIM = "{victim}"
"""The placeholder of the victim's path in a policy."""
FILLED_IN = ("{object}", "{policy}", "{health}", VICTIM)
"""The placeholders that an argument may contain."""


def _require_victim(policy: str) -> str:
    if VICTIM not in policy:
        raise ValueError(f"the policy has no `{VICTIM}`: it would deny nothing that the test opens")
    return policy


def _check_placeholders(argument: str) -> str:
    """Refuses an unknown placeholder: it would reach the program unchanged."""
    if unknown := [place for place in re.findall(r"\{\w+\}", argument) if place not in FILLED_IN]:
        known = ", ".join(f"`{place}`" for place in FILLED_IN)
        raise ValueError(f"`{unknown[0]}` means nothing here; {known} are filled in")
    return argument


PolicyTemplate = Annotated[str, AfterValidator(_require_victim)]
"""A policy that contains `{victim}`. The payload replaces it by a path; every other brace stays."""


class Behaviour(Value):
    """How the released program is started, when it is ready, and how it reports about itself."""

    policy: PolicyTemplate
    """The policy's text. `{victim}` stands for the path of the file to deny."""
    arguments: tuple[Annotated[str, AfterValidator(_check_placeholders)], ...]
    """The program's arguments. `{object}`, `{policy}`, `{victim}` and `{health}` stand for paths."""
    ready: tuple[str, ...] = Field(min_length=1)
    """Texts that its log must show before the test begins. It must show all of them."""
    ready_within: float = Field(default=20.0, gt=0)
    """How many seconds the program may take to show them."""
    health: bool = False
    """Whether it writes a health file at `{health}`. The file is kept as additional evidence."""


class ReleaseSubject(Value):
    """Everything that the payload needs of a release. It contains the bytes: never write it to a log or a parameter."""

    name: str
    """The file name of the program."""
    version: str
    """The version of the program and of its object."""
    binary: bytes
    object: bytes
    behaviour: Behaviour
