"""Whether the account of a token owns a crate.

A token does not say whose it is. It shows its account's ownership only if it may read the configurations of trusted
publishing: the registry shows these to owning users alone. For any other token there is one thing that the public lists of
owners can show: that no account owns all crates that the token is to publish.
"""

from __future__ import annotations

from collections.abc import Sequence

from loadmaster.planning.permissions.facts import Facts
from loadmaster.planning.permissions.findings import Asked, Found
from loadmaster.planning.permissions.ownership import INVITES_PAGE, OwnersSeen, owners_of, quote, shown
from loadmaster.planning.permissions.reading import Document, Refused, interpret, why_unread
from loadmaster.planning.permissions.seen import CrateAnswers, Exchange, TokenSeen
from loadmaster.planning.permissions.token_answers import NO_PERMISSION, TokenRights, rights_of
from loadmaster.planning.values.gate import Outcome
from loadmaster.planning.values.rates import Action

NOT_AN_OWNER = "not an owner"
_ONLY_UPLOAD = "only its upload shows it."


def refuses(exchange: Exchange | None, seen: TokenSeen, text: str) -> bool:
    """Whether this very token was refused with that text."""
    if exchange is None or exchange.credential != seen.named:
        return False
    reading = interpret(exchange)
    return isinstance(reading, Refused) and text in reading.detail


def judge_ownership(answers: CrateAnswers, name: str, seen: TokenSeen) -> Found:
    """Whether the token's account owns an existing crate, as far as the registry tells this token."""
    asked = Asked.of(answers.configs, answers.owners)
    if answers.configs is None or answers.configs.credential != seen.named:
        return _unknown_account(answers, seen)
    match reading := interpret(answers.configs):
        case Document(content={"github_configs": list()}):
            return Found(Outcome.PASS, "its account owns it", asked=Asked.of(answers.configs))
        case Refused(detail=detail) if NOT_AN_OWNER in detail:
            return _not_in_person(answers, name, seen)
        case Refused(detail=detail) if NO_PERMISSION in detail:
            return _unknown_account(answers, seen)
        case _:
            what = f"whether its account owns the crate is open: {why_unread(reading)}"
            return Found(Outcome.COULD_NOT_CHECK, what, "ask the preflight again.", asked)


def _unknown_account(answers: CrateAnswers, seen: TokenSeen) -> Found:
    owners = owners_of(answers)
    known = f" ({quote(owners.names)})" if isinstance(owners, OwnersSeen) else ""
    what = f"whether its account is among the owners of the crate{known} is open"
    reveals = rights_of(seen) is TokenRights.OTHERS
    settle = "with the scope `trusted-publishing`, too, the token would show it; else only the upload does."
    return Found(
        Outcome.COULD_NOT_CHECK,
        what,
        settle if reveals else _ONLY_UPLOAD,
        Asked.of(seen.configs_of_user, answers.owners),
    )


def _not_in_person(answers: CrateAnswers, name: str, seen: TokenSeen) -> Found:
    owners, asked = owners_of(answers), Asked.of(answers.configs, answers.owners)
    if isinstance(owners, str):
        what = f"its account is no owner of the crate in person, and whether a team of it is, is open: {owners}"
        return Found(Outcome.COULD_NOT_CHECK, what, "ask the preflight again.", asked)
    if owners.teams:
        what = (
            f"its account owns the crate at most as a member of {quote(owners.teams)}, which the registry shows nobody"
        )
        return Found(Outcome.COULD_NOT_CHECK, what, f"GitHub shows the team's members; else {_ONLY_UPLOAD}", asked)
    what = f"is owned by {quote(owners.users)}, and the account of {seen.named} is not among them"
    fix = (
        f"put a token of {quote(owners.users)} into {seen.source}; or make that account an owner: if it is invited already, it "
        f"accepts at {INVITES_PAGE}, else one of them first runs `cargo owner --add LOGIN {name}`, LOGIN being that account."
    )
    return Found(Outcome.FAIL, what, fix, asked)


def owned_apart(facts: Facts, seen: TokenSeen) -> Found | None:
    """A failure if no account owns all existing crates that this token is to publish, whosever the token is.

    Crates that teams own do not count, because a member may publish them. A token that shows its account's ownership needs
    no such guess.
    """
    if seen != facts.seen.tokens.get(Action.UPDATE) or rights_of(seen) is not TokenRights.OTHERS:
        return None
    owners: dict[str, OwnersSeen] = {}
    for crate in facts.crates:
        known = owners_of(facts.crate(crate.name))
        if facts.action(crate) is Action.UPDATE and isinstance(known, OwnersSeen) and known.users and not known.teams:
            owners[crate.name] = known
    if not owners or set.intersection(*({login.lower() for login in each.users} for each in owners.values())):
        return None
    groups: dict[tuple[str, ...], list[str]] = {}
    for name, each in owners.items():
        groups.setdefault(tuple(sorted(each.users)), []).append(name)
    return _apart(facts, seen, sorted(groups.items(), key=lambda group: -len(group[1])))


def _apart(facts: Facts, seen: TokenSeen, groups: Sequence[tuple[tuple[str, ...], list[str]]]) -> Found:
    """`groups`: users, and the crates that they own; the largest first."""
    whose = "; ".join(f"{quote(users)} own{'s' * (len(users) == 1)} {shown(names)}" for users, names in groups)
    what = (
        f"in {seen.source} cannot publish all of its crates, whosever it is, because no account owns them all: {whose}"
    )
    adding = " and ".join(_adding(users, *names) for users, names in groups[1:])
    fix = (
        f"let the token's account LOGIN own them all: {adding} and LOGIN accepts at {INVITES_PAGE} (at once, if it is invited "
        f"already); if LOGIN does not own {shown(groups[0][1])} either, {quote(groups[0][0])} does the same."
    )
    answers = [facts.crate(names[0]).owners for _, names in groups]
    return Found(Outcome.FAIL, what, fix, Asked.of(*answers))


def _adding(users: Sequence[str], name: str, *more: str) -> str:
    alike = f" (the same for {shown(more)})" if more else ""
    return f"one of {quote(users)} runs `cargo owner --add LOGIN {name}`{alike}"
