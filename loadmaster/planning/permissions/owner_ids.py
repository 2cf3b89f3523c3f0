"""The id of the repository's owner in the configurations of trusted publishing: the registry compares it, and so do we.

A name may pass to another account, by a transfer or a renaming; its id does not. The right id is the profile's, or the one
of a configuration that has accepted this workflow run. If neither is known, the crates are compared with each other: an
owner has one id, so if they differ, some of them accept nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from loadmaster.planning.permissions.facts import Facts
from loadmaster.planning.permissions.findings import Asked, Found
from loadmaster.planning.permissions.probe_answers import passed
from loadmaster.planning.permissions.publisher_configs import configs_of, ids_of_accepting
from loadmaster.planning.profile.registry_style import TrustedPublishing
from loadmaster.planning.values.gate import Outcome

Ids = tuple[int | None, ...]


class OwnerIds(NamedTuple):
    owner: str
    """The repository's owner, by name."""
    right: int | None
    """The id that is known to be right."""
    says: str
    """Who says so."""
    of_crates: Mapping[str, Ids]
    """By crate, the owner's id in each configuration that accepts the profile's workflow but for the id."""

    @property
    def usual(self) -> int | None:
        """The id that more crates name than any other; None if there is no such id."""
        ranks = Counter(each for ids in self.of_crates.values() for each in set(ids)).most_common(2)
        return ranks[0][0] if len(ranks) == 1 or (ranks and ranks[0][1] > ranks[1][1]) else None

    def verdict(self, crate: str, ids: Ids, settings: str, asked: tuple[Asked, ...]) -> Found:
        """The verdict on a crate that accepts the profile's workflow, if the id is right."""
        again = f"add the same configuration again at {settings}, which stores the owner's present id"
        if self.right is not None:
            if self.right in ids:
                return Found(Outcome.PASS, f"accepts the profile's workflow, owner id {self.right}", asked=asked)
            what = f"its configuration has the owner's id {_either(ids)}, and {self.says} {self.right}"
            fix = f"{again}; or correct `owner_id` in the profile, if that is wrong (`{self._lookup}`)."
            return Found(Outcome.FAIL, what, fix, asked)
        if not (others := self._that_differ(ids)):
            what = f"accepts the profile's workflow, owner id {_either(ids)}, which nothing else names differently"
            return Found(Outcome.PASS, what, asked=asked)
        what = f"names `{self.owner}` by the id {_either(ids)}, and the configuration of {others} by another: an owner has one id"
        fix = (
            f"look the id up (`{self._lookup}`) and write it into the profile as `owner_id` in "
            "`[registry.trusted_publishing]`"
        )
        if self.usual in ids:
            return Found(Outcome.COULD_NOT_CHECK, what, f"{fix}.", asked)
        return Found(Outcome.FAIL, what, f"{fix}; if it is not {_either(ids)}, {again}.", asked)

    def _that_differ(self, ids: Ids) -> str:
        """The crates that share no id with these; "" if there are none."""
        names = [name for name, others in self.of_crates.items() if not set(others) & set(ids)]
        shown = ", ".join(f"`{name}`" for name in names[:3])
        return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown

    @property
    def _lookup(self) -> str:
        return f"gh api users/{self.owner} --jq .id"


def owner_ids(facts: Facts) -> OwnerIds:
    wanted = facts.style.trusted_publishing
    if wanted is None:
        return OwnerIds("", None, "", {})
    owner = wanted.repository.partition("/")[0]
    of_crates = {name: ids for name in facts.seen.crates if (ids := _ids(facts, name, wanted))}
    if wanted.owner_id is not None:
        return OwnerIds(owner, wanted.owner_id, "the profile says", of_crates)
    proven = _proven(facts, of_crates)
    return OwnerIds(owner, proven, "the registry accepts this workflow run by", of_crates)


def _ids(facts: Facts, name: str, wanted: TrustedPublishing) -> Ids:
    configs = configs_of(facts.crate(name))
    return ids_of_accepting(wanted, configs) if configs is not None else ()


def _proven(facts: Facts, of_crates: Mapping[str, Ids]) -> int | None:
    """The id by which a crate has accepted the token that was made for this workflow run."""
    for crate in facts.crates:
        ids, token = set(of_crates.get(crate.name, ())), facts.token(crate)
        if len(ids) == 1 and token is not None and token.is_minted and passed(facts.crate(crate.name).probe):
            return ids.pop()
    return None


def _either(ids: Ids) -> str:
    return " or ".join(str(each) for each in dict.fromkeys(ids))
