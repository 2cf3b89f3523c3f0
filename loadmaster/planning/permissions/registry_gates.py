"""Two gates about the whole release: is the registry ready for us, and do its rate limits let the release end in time?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from loadmaster.planning.forecast import Costs, Forecast, forecast
from loadmaster.planning.permissions.facts import Facts
from loadmaster.planning.permissions.findings import Asked, Finding, Found
from loadmaster.planning.permissions.reading import Document, Refused, TurnedAway, interpret, why_unread
from loadmaster.planning.permissions.seen import Exchange
from loadmaster.planning.profile.registry_style import Wait
from loadmaster.planning.schedule import Schedule
from loadmaster.planning.values.gate import Outcome
from loadmaster.planning.values.permission_gate import PermissionGate
from loadmaster.planning.values.rates import Action, Bucket

STATUS_PAGE = "https://status.crates.io"
_AGAIN = re.compile(r"try again after (\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT)")
_BURST = {Action.NEW: "registry.new_burst", Action.UPDATE: "registry.update_burst"}


def registry_ready(facts: Facts) -> Iterator[Finding]:
    yield _readiness(facts.seen.site).at(PermissionGate.REGISTRY_READY, "registry")


def _readiness(site: Exchange) -> Found:
    asked = Asked.of(site)
    match reading := interpret(site):
        case Document(content={"read_only": True, **rest}):
            banner = f": `{rest['banner_message']}`" if rest.get("banner_message") else ""
            return Found(
                Outcome.FAIL, f"is in read-only mode{banner}", f"wait until it is not; see {STATUS_PAGE}.", asked
            )
        case Document(content={"read_only": False}):
            return Found(Outcome.PASS, "answers, and accepts uploads", asked=asked)
        case Refused(status=503):
            fix = f"wait until it accepts uploads again; see {STATUS_PAGE}."
            return Found(Outcome.FAIL, why_unread(reading), fix, asked)
        case TurnedAway():
            fix = "find out whether this machine's address or Loadmaster's `User-Agent` is blocked: help@crates.io."
            return Found(Outcome.FAIL, why_unread(reading), fix, asked)
        case Refused(status=404):
            what = "the registry does not say whether it accepts uploads"
            return Found(Outcome.COULD_NOT_CHECK, what, "only an upload shows it.", asked)
        case _:
            fix = "open the address from this machine; a proxy or a firewall must let it through unchanged."
            return Found(Outcome.COULD_NOT_CHECK, why_unread(reading), fix, asked)


def rate_budget(facts: Facts) -> Iterator[Finding]:
    yield _budget(facts).at(PermissionGate.RATE_BUDGET, "plan")


def _budget(facts: Facts) -> Found:
    """Compares the predicted end, including the cost of the probes, with the profile's limit. A probe may contradict it."""
    limit, predicted = facts.project.preflight.finish_within, predict_publishing(facts)
    minutes, probes, used_up = predicted.seconds / 60, sum(_probes(facts).values()), refused_until(facts)
    what = f"publishing takes about {minutes:.0f} min, {predicted.waits} crates wait for a rate limit"
    what += f", {probes} probes included" if probes else ""
    what += f"; the profile allows {limit:g} min" if limit is not None else ""
    asked: tuple[Asked, ...] = (Asked(question="the plan, by the limits in the profile", answer=f"{minutes:.0f} min"),)
    for action, until in used_up.items():
        what += f"; the limit for {_NAMES[action]} is used up until {until:%Y-%m-%d %H:%M:%S} UTC, as a probe was told"
        asked = (*asked, *Asked.of(*_refused_probes(facts, action)[:1]))
    waiting = " ".join(
        f"if a probe is refused again after that, lower `{_BURST[action]}` to what the account has."
        for action in used_up
    )
    if limit is None or minutes <= limit:
        return Found(Outcome.PASS, what, waiting, asked, is_warning=bool(used_up))
    fix = (
        "ask help@crates.io for a higher limit and set it as `registry.new_burst` or `update_burst`, publish new "
        "crates some days earlier, or raise `preflight.finish_within`."
    )
    return Found(Outcome.FAIL, what, f"{waiting} {fix}".strip(), asked)


_NAMES = {Action.NEW: "new crates", Action.UPDATE: "updates"}


def predict_publishing(facts: Facts) -> Forecast:
    """The forecast for the crates that are not published yet, from the instant of the asking.

    The probes have used tokens of its buckets. If one was refused for the limit, the registry's count replaces the profile's.
    """
    crates = {crate.name: crate for crate in facts.crates}
    schedule = Schedule.of(
        needs={name: frozenset(crate.needs) & crates.keys() for name, crate in crates.items()},
        ids={name: crate.id for name, crate in crates.items()},
        actions={name: facts.action(crate) for name, crate in crates.items()},
        rates=facts.style.rates,
        connections=facts.style.connections,
        buckets=_buckets(facts),
    )
    return forecast(schedule, Costs(), visible=facts.style.wait is Wait.VISIBLE, start=facts.seen.at)


def _buckets(facts: Facts) -> dict[Action, Bucket]:
    taken, used_up, now = _probes(facts), refused_until(facts), facts.seen.at
    buckets = {action: Bucket.full(rate) for action, rate in facts.style.rates.items()}
    for action, count in taken.items():
        left = max(0, buckets[action].rate.burst - count)
        buckets[action] = Bucket.holding(buckets[action].rate, left, now)
    for action, until in used_up.items():
        buckets[action] = buckets[action].correct(until)
    return buckets


def refused_until(facts: Facts) -> Mapping[Action, datetime]:
    """Until when the account's limit is used up, where a probe was refused for it."""
    return {
        action: max(_until(exchange, facts.seen.at) for exchange in refused)
        for action in facts.style.rates
        if (refused := _refused_probes(facts, action))
    }


def _refused_probes(facts: Facts, action: Action) -> list[Exchange]:
    probes = [facts.crate(crate.name).probe for crate in facts.crates if facts.action(crate) is action]
    return [probe for probe in probes if probe is not None and _status(probe) == 429]


def _status(probe: Exchange) -> int | None:
    reading = interpret(probe)
    return reading.status if isinstance(reading, Refused) else None


def _until(refused: Exchange, now: datetime) -> datetime:
    """The instant that the registry names; now, if it names none."""
    match = _AGAIN.search(refused.text)
    try:
        return parsedate_to_datetime(match[1]).astimezone(UTC) if match else now
    except ValueError:
        return now


def _probes(facts: Facts) -> Counter[Action]:
    """How many tokens of each limit the probes have used."""
    return Counter(
        facts.action(crate)
        for crate in facts.crates
        if facts.crate(crate.name).probe is not None and facts.action(crate) in facts.style.rates
    )
