"""The id of the repository's owner in the configurations of trusted publishing: the registry compares it, and so do we.

A name may pass to another account, by a transfer or a renaming; its id does not. The right id is the profile's, or the one
of a configuration that has accepted this workflow run. If neither is known, nobody knows whether a configuration accepts the
workflow. But an owner has one id: if the crates' configurations have none in common, some of them accept nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from loadmaster.planning.permissions.facts import Facts
from loadmaster.planning.permissions.findings import Asked, Found
from loadmaster.planning.permissions.ownership import shown
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

    def judge(self, ids: Ids, settings: str, asked: tuple[Asked, ...]) -> Found:
        """The finding about a crate that accepts the profile's workflow, if the owner's id is right."""
        if self.right is None:
            what = (
                f"accepts the profile's workflow if the id of `{self.owner}` is {_either(ids)}, which no answer shows"
            )
            return Found(Outcome.COULD_NOT_CHECK, what, f"{self._look_up}.", asked)
        if self.right in ids:
            return Found(Outcome.PASS, f"accepts the profile's workflow, owner id {self.right}", asked=asked)
        what = f"its configuration has the owner's id {_either(ids)}, and {self.says} {self.right}"
        fix = f"{_again(settings)}; or correct `owner_id` in the profile, if that is wrong (`{self._command}`)."
        return Found(Outcome.FAIL, what, fix, asked)

    def judge_all(self, facts: Facts) -> Found | None:
        """A failure if no id can be right for all crates."""
        if self.right is not None or not self.of_crates or set.intersection(*map(set, self.of_crates.values())):
            return None
        crates: dict[Ids, list[str]] = {}
        for name, ids in self.of_crates.items():
            crates.setdefault(ids, []).append(name)
        named = "; ".join(f"{_either(ids)} for {shown(names)}" for ids, names in crates.items())
        what = f"the configurations name `{self.owner}` by different ids, and an owner has one: {named}"
        asked = Asked.of(*(facts.crate(names[0]).configs for names in crates.values()))
        fix = f"{self._look_up}; for each crate with another one, {_again(_settings_of('NAME'))}."
        return Found(Outcome.FAIL, what, fix, asked)

    @property
    def _look_up(self) -> str:
        return (
            f"look the id up (`{self._command}`) and write it into the profile as `owner_id` in "
            "`[registry.trusted_publishing]`"
        )

    @property
    def _command(self) -> str:
        return f"gh api users/{self.owner} --jq .id"


def _again(settings: str) -> str:
    return f"add the same configuration again at {settings}, which stores the owner's present id"


def _settings_of(name: str) -> str:
    return f"https://crates.io/crates/{name}/settings"


def _either(ids: Sequence[int | None]) -> str:
    return " or ".join(str(each) for each in dict.fromkeys(ids))


def owner_ids(facts: Facts) -> OwnerIds:
    wanted = facts.style.trusted_publishing
    if wanted is None:
        return OwnerIds("", None, "", {})
    owner = wanted.repository.partition("/")[0]
    of_crates = {name: ids for name in facts.seen.crates if (ids := _ids(facts, name, wanted))}
    if wanted.owner_id is not None:
        return OwnerIds(owner, wanted.owner_id, "the profile says", of_crates)
    return OwnerIds(owner, _proven(facts, of_crates), "the registry accepts this workflow run by", of_crates)


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
