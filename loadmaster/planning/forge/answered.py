"""The base of all answers of a forge, and the answers about its repository, its branches and its rules. Shapes are GitHub's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ConfigDict, Field

from loadmaster.planning.values.value import Value


class Answered(Value):
    """The forge's answer about one object. It has more fields than a release needs, and may get new ones."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)


class RoleOfToken(Answered):
    """The role in the repository of whom the token belongs to. What the token itself may do can be less."""

    admin: bool = False
    push: bool = False
    pull: bool = False


class ForgeRepository(Answered):
    full_name: str
    """`OWNER/NAME`, as the forge spells it now."""
    default_branch: str
    archived: bool = False
    permissions: RoleOfToken | None = None
    """None for a stranger."""
    allow_squash_merge: bool | None = None
    """These are None for whoever may not push."""
    allow_merge_commit: bool | None = None
    allow_rebase_merge: bool | None = None


class GitObject(Answered):
    sha: str
    type: str
    """`tag` for an annotated tag, whose commit is one more step away; else `commit`."""


class ForgeRef(Answered):
    ref: str
    """`refs/heads/…` or `refs/tags/…`."""
    object: GitObject


class ForgeRule(Answered):
    """A rule that holds for a branch or a tag."""

    type: str
    """`pull_request`, `required_status_checks`, `creation`, `update`, `deletion`, `non_fast_forward`, `required_signatures`, …"""
    parameters: Mapping[str, Any] = Field(default_factory=dict)

    @property
    def checks(self) -> tuple[str, ...]:
        """The contexts of the checks that it requires."""
        listed = self.parameters.get("required_status_checks") or ()
        return tuple(str(each.get("context")) for each in listed if isinstance(each, dict))

    @property
    def merge_methods(self) -> tuple[str, ...]:
        """The ways to merge that it allows; () for all."""
        return tuple(map(str, self.parameters.get("allowed_merge_methods") or ()))


class Ruleset(Answered):
    id: int
    name: str
    target: str = "branch"
    """`branch`, `tag` or `push`."""
    enforcement: str = "active"
