"""Who may do what with a token: classic tokens by scopes, fine-grained ones by permissions. Values in, a verdict out."""

from __future__ import annotations

from typing import Literal, NamedTuple

from loadmaster.rehearsal.forge_scenario.whole import ForgePermission, ForgeTokenRights

AccessLevel = Literal["read", "write"]
_RANKS = {"read": 0, "write": 1, "maintain": 2, "admin": 3}


class Needed(NamedTuple):
    """What a request needs."""

    permission: ForgePermission
    level: AccessLevel
    only_admins: bool = False

    @property
    def accepted(self) -> str:
        """As in the header `X-Accepted-GitHub-Permissions`."""
        return f"{self.permission}={self.level}"


class Denial(NamedTuple):
    status: int
    message: str


INACCESSIBLE = Denial(403, "Resource not accessible by personal access token")
HIDDEN = Denial(404, "Not Found")


def denial(rights: ForgeTokenRights | None, need: Needed, *, private: bool) -> Denial | None:
    """Why a caller may not; None if he may. `rights`: None for a caller without a token.

    What is public can be read by everybody; whoever may not write is told `404`, unless his token is fine-grained.
    """
    if not private and need.level == "read" and not need.only_admins:
        return None
    if rights is None:
        return HIDDEN
    least = "admin" if need.only_admins else need.level
    may_by_role = _RANKS[rights.role] >= _RANKS[least]
    if rights.kind == "fine-grained":
        held = {"metadata": "read"} | dict(rights.permissions)
        may = need.permission in held and (need.level == "read" or held[need.permission] == "write")
        return None if may and may_by_role else INACCESSIBLE
    may = "repo" in rights.scopes or (not private and "public_repo" in rights.scopes)
    return None if may and may_by_role else HIDDEN


def may_push(rights: ForgeTokenRights | None, *, private: bool) -> bool:
    """Whether the caller sees what only those see who may write, such as drafts."""
    return denial(rights, Needed("contents", "write"), private=private) is None


def role_permissions(rights: ForgeTokenRights) -> dict[str, bool]:
    """The field `permissions` of a repository: those of the person, whatever the token may."""
    rank = _RANKS[rights.role]
    return {"admin": rank > 2, "maintain": rank > 1, "push": rank > 0, "triage": rank > 0, "pull": True}
