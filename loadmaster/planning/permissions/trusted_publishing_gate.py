"""The gate about trusted publishing: does every crate accept the workflow that publishes, and the credential in use?

crates.io stores a configuration as it was typed. It ignores case in the repository and the environment. The workflow's file
name and the owner's id must match exactly. A configuration without an environment accepts any.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from loadmaster.planning.permissions.crate_gates import owners_of
from loadmaster.planning.permissions.facts import Facts
from loadmaster.planning.permissions.findings import Finding
from loadmaster.planning.permissions.questions import wants_trusted_publishing
from loadmaster.planning.permissions.reading import Document, Refused, interpret, why_unread
from loadmaster.planning.permissions.seen import CrateAnswers, Exchange
from loadmaster.planning.plan import Crate
from loadmaster.planning.profile.registry_style import Credential, TrustedPublishing
from loadmaster.planning.values.gate import Outcome
from loadmaster.planning.values.permission_gate import PermissionGate

MOST_CONFIGURATIONS = 5


class _Verdict(NamedTuple):
    outcome: Outcome
    what: str
    fix: str = ""
    evidence: Exchange | None = None


def trusted_publishing(facts: Facts) -> Iterator[Finding]:
    for crate in facts.crates:
        for outcome, what, fix, evidence in _verdicts(facts, crate, facts.crate(crate.name)):
            yield Finding(
                gate=PermissionGate.TRUSTED_PUBLISHING,
                where=crate.name,
                outcome=outcome,
                what=what,
                fix=fix,
                evidence=evidence,
            )


def _verdicts(facts: Facts, crate: Crate, seen: CrateAnswers) -> Iterator[_Verdict]:
    if facts.is_new(crate):
        yield _Verdict(Outcome.SKIP, "is new: it can be configured once it exists")
        return
    if facts.style.credential_for(facts.action(crate)) is Credential.TOKEN:
        yield _only_by_trusted_publishing(crate.name, seen.crate)
    if wants_trusted_publishing(facts.style):
        yield from _configuration(crate.name, facts.style.trusted_publishing, seen)


def _only_by_trusted_publishing(name: str, exchange: Exchange) -> _Verdict:
    match reading := interpret(exchange):
        case Document(content={"crate": {"trustpub_only": True}}):
            return _Verdict(
                Outcome.FAIL,
                "accepts new versions by trusted publishing only, and an API token is in use",
                f"publish it by trusted publishing, or switch that off at https://crates.io/crates/{name}/settings.",
                exchange,
            )
        case Document(content={"crate": {"trustpub_only": False}}):
            return _Verdict(Outcome.PASS, "accepts versions with an API token", evidence=exchange)
        case Document() | Refused(status=404):
            why = "the registry does not say whether it accepts versions with an API token"
            return _Verdict(Outcome.COULD_NOT_CHECK, why, evidence=exchange)
        case _:
            return _Verdict(Outcome.COULD_NOT_CHECK, why_unread(reading), evidence=exchange)


def _configuration(name: str, wanted: TrustedPublishing | None, seen: CrateAnswers) -> Iterator[_Verdict]:
    actual = owners_of(seen)
    if not isinstance(actual, str) and actual.teams and not actual.users:
        yield _Verdict(
            Outcome.FAIL,
            f"is owned by teams only ({', '.join(actual.teams)}): their members may publish, but cannot configure "
            "trusted publishing",
            f"let somebody who can, or help@crates.io, run `cargo owner --add LOGIN {name}` for a user.",
            seen.owners,
        )
    elif seen.configs is not None:
        yield _comparison(name, wanted, seen.configs)
    else:
        yield _Verdict(Outcome.COULD_NOT_CHECK, "there is no token to read its configurations with")


def _comparison(name: str, wanted: TrustedPublishing | None, exchange: Exchange) -> _Verdict:
    settings = f"https://crates.io/crates/{name}/settings"
    match reading := interpret(exchange):
        case Document(content={"github_configs": list(configs)}):
            return _verdict(settings, wanted, configs, exchange)
        case Refused(detail=detail) if "permissions" in detail:
            why = "its configurations are not readable with this credential (a token needs the scope `trusted-publishing`)"
            return _Verdict(Outcome.COULD_NOT_CHECK, why, evidence=exchange)
        case Refused(detail=detail) if "not an owner" in detail:
            why = "its configurations are not readable with this credential: only a user who owns it may read them"
            return _Verdict(Outcome.COULD_NOT_CHECK, why, evidence=exchange)
        case _:
            return _Verdict(Outcome.COULD_NOT_CHECK, why_unread(reading), evidence=exchange)


def _verdict(settings: str, wanted: TrustedPublishing | None, configs: Sequence[Any], exchange: Exchange) -> _Verdict:
    if wanted is None:
        why = "the profile does not say how it must be configured (`[registry.trusted_publishing]`)"
        return _Verdict(Outcome.COULD_NOT_CHECK, why, evidence=exchange)
    differences = [_differences(wanted, config) for config in configs if isinstance(config, dict)]
    if any(not difference for difference in differences):
        return _Verdict(Outcome.PASS, "accepts the profile's workflow", evidence=exchange)
    adding = f"add repository `{wanted.repository}`, workflow `{wanted.workflow}`"
    adding += f", environment `{wanted.environment}`" if wanted.environment else ", no environment"
    if not differences:
        return _Verdict(
            Outcome.FAIL, "has no configuration of trusted publishing", f"{adding} at {settings}.", exchange
        )
    closest = min(differences, key=len)
    full = f"; it has {len(configs)} configurations, the most there can be: delete one first"
    return _Verdict(
        Outcome.FAIL,
        f"has no configuration that accepts the profile's workflow: {', '.join(closest)}",
        f"{adding} at {settings}{full if len(configs) >= MOST_CONFIGURATIONS else ', and delete the wrong one'}.",
        exchange,
    )


def _differences(wanted: TrustedPublishing, config: dict[str, Any]) -> list[str]:
    """The differences of one configuration from the profile, in words; [] if it accepts the profile's workflow."""
    differences = []
    repository = f"{config.get('repository_owner')}/{config.get('repository_name')}"
    if repository.lower() != wanted.repository.lower():
        differences.append(f"its repository is `{repository}`{_hint(repository, wanted.repository)}")
    if wanted.owner_id is not None and config.get("repository_owner_id") != wanted.owner_id:
        owner = config.get("repository_owner_id")
        differences.append(f"its repository's owner has the id {owner}, the profile says {wanted.owner_id}")
    workflow = str(config.get("workflow_filename"))
    if workflow != wanted.workflow:
        differences.append(f"its workflow is `{workflow}`{_hint(workflow, wanted.workflow)}")
    environment = config.get("environment")
    if environment is not None and wanted.environment is None:
        differences.append(f"it requires the environment `{environment}`, and the profile names none")
    elif environment is not None and str(environment).lower() != str(wanted.environment).lower():
        differences.append(f"its environment is `{environment}`{_hint(str(environment), str(wanted.environment))}")
    return differences


def _hint(actual: str, wanted: str) -> str:
    """A hint at differences that are easily overlooked."""
    if actual.strip() == wanted:
        return " with a blank before or after it"
    if actual.lower() == wanted.lower():
        return f", where the case must be that of `{wanted}`"
    return f", not `{wanted}`"
