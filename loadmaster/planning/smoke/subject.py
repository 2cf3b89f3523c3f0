"""What is tested where a release is the subject: a program with its object, policy and arguments, as bytes and text.

It knows what a payload needs to start the program. It refuses to know where the bytes came from.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from loadmaster.planning.values.value import Value

VICTIM = "{victim}"
"""Where the victim's path goes in a policy."""
FILLED_IN = ("{object}", "{policy}", "{health}", VICTIM)
"""What an argument may be, or have in it."""


def _with_victim(policy: str) -> str:
    if VICTIM not in policy:
        raise ValueError(f"the policy has no `{VICTIM}`: it would deny nothing that is looked at")
    return policy


def _known_places(argument: str) -> str:
    """What looks like a place and is none would reach the program as it stands."""
    if unknown := [each for each in re.findall(r"\{\w+\}", argument) if each not in FILLED_IN]:
        raise ValueError(
            f"`{unknown[0]}` means nothing here; {', '.join(f'`{each}`' for each in FILLED_IN)} are filled in"
        )
    return argument


PolicyTemplate = Annotated[str, AfterValidator(_with_victim)]
"""A policy with `{victim}` in it, which the payload replaces by a path; every other brace stays."""


class Behaviour(Value):
    """How the released program is started, known to be ready, and asked about itself."""

    policy: PolicyTemplate
    """The policy's text, with `{victim}` where the path of the file to deny goes."""
    arguments: tuple[Annotated[str, AfterValidator(_known_places)], ...]
    """Of the program; `{object}`, `{policy}`, `{victim}` and `{health}` stand for paths."""
    ready: tuple[str, ...] = Field(min_length=1)
    """Texts that its log must show, all of them, before anything is looked at."""
    ready_within: float = Field(default=20.0, gt=0)
    """Seconds that it may take for that."""
    health: bool = False
    """Whether it writes a health file at `{health}`, to be kept as evidence beside what was seen."""


class ReleaseSubject(Value):
    """Everything that the payload needs of a release. Not to be written into a log or a parameter: it holds the bytes."""

    name: str
    """File name of the program."""
    version: str
    """Of the program and its object alike."""
    binary: bytes
    object: bytes
    behaviour: Behaviour
