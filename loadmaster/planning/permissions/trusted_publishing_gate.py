"""The gate about trusted publishing: does every crate accept the workflow that publishes, and the credential in use?

crates.io stores a configuration as it was typed. It ignores case in the repository and the environment. The workflow's file
name and the owner's id must match exactly. A configuration without an environment accepts any. Only a user who owns the
crate may read its configurations. The probe, with a token made for this workflow run, shows whether one accepts the run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from loadmaster.planning.permissions.facts import Facts
from loadmaster.planning.permissions.findings import Asked, Finding, Found
from loadmaster.planning.permissions.owner_ids import OwnerIds, owner_ids
from loadmaster.planning.permissions.ownership import owners_of, quote
from loadmaster.planning.permissions.probe_answers import passed
from loadmaster.planning.permissions.publisher_configs import configs_of, differences, ids_of_accepting
from loadmaster.planning.permissions.questions import wants_trusted_publishing
from loadmaster.planning.permissions.reading import Document, Refused, interpret, why_unread
from loadmaster.planning.permissions.seen import CrateAnswers, Exchange, TokenSeen
from loadmaster.planning.permissions.token_answers import NO_PERMISSION, liveness, may_read_configs
from loadmaster.planning.permissions.token_ownership import NOT_AN_OWNER
from loadmaster.planning.plan import Crate
from loadmaster.planning.profile.registry_style import Credential, TrustedPublishing
from loadmaster.planning.values.gate import Outcome
from loadmaster.planning.values.permission_gate import PermissionGate

MOST_CONFIGURATIONS = 5
_PROBE = "`preflight.probe = true`, in the job that publishes, asks with that job's own token"


def trusted_publishing(facts: Facts) -> Iterator[Finding]:
    ids = owner_ids(facts)
    for crate in facts.crates:
        for verdict in _verdicts(facts, crate, facts.crate(crate.name), ids):
            yield verdict.at(PermissionGate.TRUSTED_PUBLISHING, crate.name)
    if (differing := ids.judge_all(facts)) is not None:
        yield differing.at(PermissionGate.TRUSTED_PUBLISHING, "plan")


def _verdicts(facts: Facts, crate: Crate, seen: CrateAnswers, ids: OwnerIds) -> Iterator[Found]:
    if facts.is_new(crate):
        yield Found(Outcome.SKIP, "is new: it can be configured once it exists")
        return
    if facts.style.credential_for(facts.action(crate)) is Credential.TOKEN:
        yield _takes_tokens(crate.name, seen.crate, facts.token(crate))
    if wants_trusted_publishing(facts.style):
        yield _configuration(facts, crate, seen, ids)


def _takes_tokens(name: str, exchange: Exchange, token: TokenSeen | None) -> Found:
    asked = Asked.of(exchange)
    match reading := interpret(exchange):
        case Document(content={"crate": {"trustpub_only": True}}) if token is not None and token.is_short_lived:
            what = f"accepts new versions by trusted publishing only, and {token.named} is of that kind"
            return Found(Outcome.PASS, what, asked=asked)
        case Document(content={"crate": {"trustpub_only": True}}):
            what = "accepts new versions by trusted publishing only, and an API token is in use"
            fix = f"publish it by trusted publishing, or switch that off at {_settings(name)}."
            return Found(Outcome.FAIL, what, fix, asked)
        case Document(content={"crate": {"trustpub_only": False}}):
            return Found(Outcome.PASS, "accepts versions with an API token", asked=asked)
        case Document() | Refused(status=404):
            what = "the registry does not say whether it accepts versions with an API token"
            return Found(Outcome.COULD_NOT_CHECK, what, f"{_settings(name)} shows it.", asked)
        case _:
            return Found(Outcome.COULD_NOT_CHECK, why_unread(reading), "ask the preflight again.", asked)


def _settings(name: str) -> str:
    return f"https://crates.io/crates/{name}/settings"


def _configuration(facts: Facts, crate: Crate, seen: CrateAnswers, ids: OwnerIds) -> Found:
    wanted, configs, token = facts.style.trusted_publishing, configs_of(seen), facts.token(crate)
    if wanted is not None and configs is not None:
        return _compared(crate.name, wanted, configs, seen, ids)
    if token is not None and token.is_minted and passed(seen.probe):
        return Found(Outcome.PASS, "accepts this workflow run", asked=Asked.of(seen.probe))
    return _unread(facts, seen) if configs is None else _without_profile(crate.name, configs, Asked.of(seen.configs))


def _unread(facts: Facts, seen: CrateAnswers) -> Found:
    """Why the configurations are not known, and what would settle it."""
    owners, asked = owners_of(seen), Asked.of(seen.configs, seen.owners)
    if not isinstance(owners, str) and owners.teams and not owners.users:
        what = f"is owned by teams only ({quote(owners.teams)}), and only users who own it may read its configurations"
        return Found(Outcome.COULD_NOT_CHECK, what, f"{_PROBE}.", asked)
    whose = f"an owner ({quote(owners.users)})" if not isinstance(owners, str) else "an owner"
    settle = f"a token of {whose} with the scope `trusted-publishing` may read them; or {_PROBE}."
    if seen.configs is None:
        why = "; ".join(_why_not(reader) for reader in facts.seen.readers) or "nobody asked for its configurations"
        asked = tuple(each for reader in facts.seen.readers for each in Asked.of(reader.me, reader.configs_of_user))
        ways = " ".join(reader.way_out for reader in facts.seen.readers if reader.way_out)
        return Found(Outcome.COULD_NOT_CHECK, f"its configurations were not read: {why}", ways or settle, asked)
    reading, token = interpret(seen.configs), seen.configs.credential
    if isinstance(reading, Refused) and NO_PERMISSION in reading.detail:
        what = (
            f"its configurations may not be read with {token}: it lacks the scope `trusted-publishing` for this crate"
        )
    elif isinstance(reading, Refused) and NOT_AN_OWNER in reading.detail:
        what = f"its configurations may not be read with {token}: its account does not own the crate in person"
    else:
        what, settle = why_unread(reading), "ask the preflight again."
    return Found(Outcome.COULD_NOT_CHECK, what, settle, asked)


def _why_not(reader: TokenSeen) -> str:
    """Why this token reads no configuration, as a clause."""
    if reader.unusable:
        return reader.unusable
    if reader.is_short_lived:
        return f"{reader.named} is one of trusted publishing, which may only upload"
    if may_read_configs(reader):
        return f"{reader.named} was not used"
    alive = liveness(reader, ())
    if alive.outcome is Outcome.FAIL:
        return f"the token {alive.what}"
    return f"{reader.named} lacks the scope `trusted-publishing`"


def _compared(
    name: str, wanted: TrustedPublishing, configs: Sequence[dict[str, Any]], seen: CrateAnswers, ids: OwnerIds
) -> Found:
    asked = Asked.of(seen.configs)
    if ids_here := ids_of_accepting(wanted, configs):
        return ids.judge(ids_here, _settings(name), asked)
    adding = f"add {_described(wanted)} at {_settings(name)}"
    if not configs:
        return Found(Outcome.FAIL, "has no configuration of trusted publishing", f"{adding}.", asked)
    closest = min((differences(wanted, config) for config in configs), key=len)
    what = f"has no configuration that accepts the profile's workflow: {', '.join(closest)}"
    full = len(configs) >= MOST_CONFIGURATIONS
    room = f" It has {len(configs)}, the most there can be: first delete one that no workflow uses." if full else ""
    correcting = "or correct `[registry.trusted_publishing]` if the profile is wrong"
    others = "leave the others, which other workflows may use"
    return Found(Outcome.FAIL, what, f"{adding} ({others}), {correcting}.{room}", asked)


def _without_profile(name: str, configs: Sequence[dict[str, Any]], asked: tuple[Asked, ...]) -> Found:
    if not configs:
        fix = f"add the repository and the workflow that publish at {_settings(name)}."
        return Found(Outcome.FAIL, "has no configuration of trusted publishing", fix, asked)
    what = "the profile does not say how it must be configured"
    return Found(Outcome.COULD_NOT_CHECK, what, "write `[registry.trusted_publishing]` into the profile.", asked)


def _described(wanted: TrustedPublishing) -> str:
    environment = f"environment `{wanted.environment}`" if wanted.environment else "no environment"
    return f"repository `{wanted.repository}`, workflow `{wanted.workflow}`, {environment}"
