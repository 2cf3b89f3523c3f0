"""GitHub's REST API for the repository itself: its refs, and the rules that hold for them.

Each function raises the errors that `loadmaster.clients.forge.http` lists.
"""

from __future__ import annotations

from urllib.parse import quote

import httpx

from loadmaster.clients.forge.http import pages, read, repository_address, send
from loadmaster.errors.forge.answers import ForgeForbidden, ForgeNotFound
from loadmaster.planning.forge.answered import ForgeRef, ForgeRepository, ForgeRule, Ruleset


def repository(client: httpx.Client) -> ForgeRepository:
    return read(ForgeRepository, send(client, "GET", repository_address(client)))


def find_tag(client: httpx.Client, tag: str) -> ForgeRef | None:
    """The tag as the forge has it; None if it has none of that name.

    Asks for all tags with this prefix: the answer is empty if there is none, and 404 only if the repository is not visible.
    """
    return _find(client, f"tags/{tag}")


def find_branch(client: httpx.Client, branch: str) -> ForgeRef | None:
    """As `find_tag`."""
    return _find(client, f"heads/{branch}")


def _find(client: httpx.Client, name: str) -> ForgeRef | None:
    matching = read(tuple[ForgeRef, ...], send(client, "GET", f"git/matching-refs/{quote(name)}"))
    return next((one for one in matching if one.ref == f"refs/{name}"), None)


def rules_of_branch(client: httpx.Client, branch: str) -> tuple[ForgeRule, ...]:
    """The rules of rulesets that hold for the branch, from the repository and above it."""
    answers = pages(client, f"rules/branches/{quote(branch, safe='')}")
    return tuple(rule for answer in answers for rule in read(tuple[ForgeRule, ...], answer))


def protection_of_branch(client: httpx.Client, branch: str) -> dict[str, object] | None:
    """The classic branch protection; None if there is none, or if this token may not read it (only administrators may)."""
    try:
        answer = send(client, "GET", f"branches/{quote(branch, safe='')}/protection")
    except (ForgeNotFound, ForgeForbidden):
        return None
    return read(dict[str, object], answer)


def tag_rulesets(client: httpx.Client) -> tuple[Ruleset, ...]:
    """The active rulesets for tags."""
    answers = pages(client, "rulesets", targets="tag")
    listed = (each for answer in answers for each in read(tuple[Ruleset, ...], answer))
    return tuple(each for each in listed if each.target == "tag" and each.enforcement == "active")
