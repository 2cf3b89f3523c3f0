"""Who owns a crate by the registry's list of owners."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from loadmaster.planning.permissions.reading import Document, interpret, why_unread
from loadmaster.planning.permissions.seen import CrateAnswers

INVITES_PAGE = "https://crates.io/me/pending-invites"


class OwnersSeen(NamedTuple):
    users: tuple[str, ...]
    """Logins on the registry."""
    teams: tuple[str, ...]
    on_github: Mapping[str, str]
    """The login of each user by the name that GitHub knows, where that is another one; both in lower case."""

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.users, *self.teams)


def owners_of(seen: CrateAnswers) -> OwnersSeen | str:
    """Users and teams, or the reason why they are not known."""
    if seen.owners is None:
        return "nobody asked for its owners"
    match reading := interpret(seen.owners):
        case Document(content={"users": list(entries)}) if all(_is_owner(entry) for entry in entries):
            users = [entry for entry in entries if entry.get("kind") != "team"]
            return OwnersSeen(
                users=tuple(str(entry["login"]) for entry in users),
                teams=tuple(str(entry["login"]) for entry in entries if entry.get("kind") == "team"),
                on_github={_github_login(entry): str(entry["login"]) for entry in users if _is_renamed(entry)},
            )
        case _:
            return why_unread(reading)


def quote(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "nobody"


def shown(names: Sequence[str]) -> str:
    """The first of many names, and how many more."""
    return f"{quote(names[:3])} and {len(names) - 3} more" if len(names) > 3 else quote(names)


def how_to_add(login: str, name: str, owners: OwnersSeen) -> str:
    """How `login` becomes an owner of the crate: teams cannot add anybody, and an invitation only needs to be accepted."""
    if not owners.users:
        return (
            f"ask help@crates.io to make `{login}` an owner: only teams own it, and their members cannot add anybody."
        )
    adding = f"let one of {quote(owners.users)} run `cargo owner --add {login} {name}`"
    if ":" in login:
        return f"{adding}; a team is an owner at once."
    return f"if `{login}` is invited already, accepting at {INVITES_PAGE} is enough; else {adding}, and accept there as `{login}`."


def _is_owner(entry: Any) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("login"), str)


def _github_login(entry: Mapping[str, Any]) -> str:
    return str(entry.get("url") or "").rstrip("/").rpartition("/")[2].lower()


def _is_renamed(entry: Mapping[str, Any]) -> bool:
    return _github_login(entry) not in ("", str(entry["login"]).lower())
