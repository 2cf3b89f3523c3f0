"""Two gates about the whole release: is the registry ready for us, and do its rate limits let the release end in time?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from loadmaster.planning.forecast import Costs, Forecast, forecast
from loadmaster.planning.permissions.facts import Facts
from loadmaster.planning.permissions.findings import Finding
from loadmaster.planning.permissions.reading import Document, Refused, TurnedAway, interpret, why_unread
from loadmaster.planning.profile.registry_style import Wait
from loadmaster.planning.schedule import Schedule
from loadmaster.planning.values.gate import Outcome
from loadmaster.planning.values.permission_gate import PermissionGate
from loadmaster.planning.values.rates import Bucket

STATUS_PAGE = "https://status.crates.io"


def registry_ready(facts: Facts) -> Iterator[Finding]:
    outcome, what, fix = _readiness(facts)
    yield Finding(
        gate=PermissionGate.REGISTRY_READY,
        where="registry",
        outcome=outcome,
        what=what,
        fix=fix,
        evidence=facts.seen.site,
    )


def _readiness(facts: Facts) -> tuple[Outcome, str, str]:
    reading = interpret(facts.seen.site)
    match reading:
        case Document(content={"read_only": True, **rest}):
            banner = f": `{rest['banner_message']}`" if rest.get("banner_message") else ""
            return Outcome.FAIL, f"is in read-only mode{banner}", f"wait until it is not; see {STATUS_PAGE}."
        case Document(content={"read_only": False}):
            return Outcome.PASS, "answers, and accepts uploads", ""
        case Refused(status=503):
            return Outcome.FAIL, why_unread(reading), f"wait until it accepts uploads again; see {STATUS_PAGE}."
        case TurnedAway():
            fix = "find out whether this machine's address or Loadmaster's `User-Agent` is blocked: help@crates.io."
            return Outcome.FAIL, why_unread(reading), fix
        case Refused(status=404):
            return Outcome.COULD_NOT_CHECK, "the registry does not say whether it accepts uploads", ""
        case _:
            fix = "open the address from this machine; a proxy or a firewall must let it through unchanged."
            return Outcome.COULD_NOT_CHECK, why_unread(reading), fix


def rate_budget(facts: Facts) -> Iterator[Finding]:
    """Compares the predicted end, including the cost of the probes, with the profile's limit."""
    limit = facts.project.preflight.finish_within
    predicted = predict_publishing(facts)
    probes = sum(crate.probe and crate.action in facts.style.rates for crate in facts.asked)
    minutes = predicted.seconds / 60
    what = f"publishing takes about {minutes:.0f} min, {predicted.waits} crates wait for a rate limit"
    what += f", {probes} probes included" if probes else ""
    if limit is None:
        outcome, fix = Outcome.PASS, ""
    elif minutes <= limit:
        outcome, fix, what = Outcome.PASS, "", f"{what}; the profile allows {limit:g} min"
    else:
        outcome, what = Outcome.FAIL, f"{what}; the profile allows {limit:g} min"
        fix = (
            "ask help@crates.io for a higher limit and set it as `registry.new_burst` or `update_burst`, publish new "
            "crates some days earlier, or raise `preflight.finish_within`."
        )
    yield Finding(gate=PermissionGate.RATE_BUDGET, where="plan", outcome=outcome, what=what, fix=fix)


def predict_publishing(facts: Facts) -> Forecast:
    """The forecast for the crates that are not published yet. The probes have used tokens of its buckets."""
    crates = {crate.name: crate for crate in facts.crates}
    taken = Counter(crate.action for crate in facts.asked if crate.probe)
    rates = facts.style.rates
    buckets = {
        action: Bucket.full(rate).model_copy(update={"tokens": rate.burst + 1 - taken[action]})
        for action, rate in rates.items()
    }
    schedule = Schedule.of(
        needs={name: frozenset(crate.needs) & crates.keys() for name, crate in crates.items()},
        ids={name: crate.id for name, crate in crates.items()},
        actions={name: facts.action(crate) for name, crate in crates.items()},
        rates=rates,
        connections=facts.style.connections,
        buckets=buckets,
    )
    return forecast(schedule, Costs(), visible=facts.style.wait is Wait.VISIBLE)
