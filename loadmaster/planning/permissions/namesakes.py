"""Which names of a workspace are somebody else's crates on the registry: an example called `api` is not the `api` that is there.

The index tells most: crates of one workspace need each other. For the rest the crate's page and its owners tell.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from loadmaster.planning.permissions.ownership import OwnersSeen, owners_of
from loadmaster.planning.permissions.reading import Document, interpret
from loadmaster.planning.permissions.seen import CrateAnswers
from loadmaster.planning.registry.index_line import IndexLine
from loadmaster.planning.tree.workspace import Workspace
from loadmaster.planning.values.value import Value

_PLACE = re.compile(
    r"(?:\w+://|git@)(?:[^/@]+@)?[^/:]+[/:]+(?P<owner>[\w.-]+)/(?P<name>[\w.-]+?)(?:\.git)?(?:[/?#].*)?"
)

Lines = Mapping[str, Collection[IndexLine]]
"""The index lines of each name; none for one that the registry does not know."""


class Whose(Value):
    """What is known of the names that the registry has."""

    foreign: frozenset[str] = frozenset()
    """Somebody else's crates."""
    unknown: tuple[str, ...] = ()
    """Names of which nothing tells it."""


def family(lines: Lines) -> frozenset[str]:
    """The largest group of names whose published versions need one another; nobody if no two do."""
    known = {name for name, published in lines.items() if published}
    groups = {name: {name} for name in known}
    for name in sorted(known):
        for need in {need.name for line in lines[name] for need in line.needs if need.registry is None} & known:
            merged = groups[name] | groups[need]
            groups |= dict.fromkeys(merged, merged)
    largest = max(groups.values(), key=len, default=set[str]())
    return frozenset(largest) if len(largest) > 1 else frozenset()


def doubtful(lines: Lines) -> tuple[str, ...]:
    """The names that the registry has and that the index does not tie to the workspace's other crates."""
    return tuple(sorted({name for name, published in lines.items() if published} - family(lines)))


def whose(
    names: Iterable[str],
    answers: Mapping[str, CrateAnswers],
    repositories: Iterable[str | None],
    relative: CrateAnswers | None,
    workspace: Workspace,
    lines: Lines,
) -> Whose:
    """Whose the doubtful `names` are. `answers` are the registry's about each, `relative` those about a crate of the family.

    `repositories` are the addresses that the workspace gives for itself.
    """
    ours = {place for address in repositories if (place := place_of(address)) is not None}
    ours_owners = _logins(relative)
    foreign, unknown = set[str](), list[str]()
    for name in names:
        verdict = _is_foreign(answers.get(name), ours, ours_owners)
        if verdict is None and _never_needed_members(name, workspace, lines):
            verdict = True
        if verdict:
            foreign.add(name)
        elif verdict is None:
            unknown.append(name)
    return Whose(foreign=frozenset(foreign), unknown=tuple(unknown))


def place_of(address: str | None) -> str | None:
    """`owner/name` of a repository's address, in lower case; None if it shows none."""
    match = _PLACE.fullmatch(address or "")
    return f"{match['owner']}/{match['name']}".lower() if match else None


def _is_foreign(seen: CrateAnswers | None, ours: Collection[str], ours_owners: Collection[str]) -> bool | None:
    """None if it cannot be told. A repository that moved does not make a crate foreign: its owners stayed."""
    if seen is None or not isinstance(page := interpret(seen.crate), Document):
        return None
    crate = page.content.get("crate")
    place = place_of(crate.get("repository")) if isinstance(crate, dict) else None
    if place is not None and place in ours:
        return False
    if (owners := _logins(seen)) and ours_owners:
        return owners.isdisjoint(ours_owners)
    return True if place is not None and ours and not ours_owners else None


def _logins(seen: CrateAnswers | None) -> frozenset[str]:
    match owners_of(seen) if seen is not None else "nobody asked":
        case OwnersSeen() as owners:
            return frozenset(name.lower() for name in owners.names)
        case _:
            return frozenset()


def _never_needed_members(name: str, workspace: Workspace, lines: Lines) -> bool:
    """Whether the member needs another member, and no published version of its name ever did."""
    package = workspace.package(name)
    needed = (
        {need.name for need in package.dependencies if need.path is not None} if package is not None else set[str]()
    )
    published = {need.name for line in lines.get(name, ()) for need in line.needs}
    return bool(needed & workspace.names) and published.isdisjoint(workspace.names)
