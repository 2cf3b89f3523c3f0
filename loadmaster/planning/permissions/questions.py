"""Which questions the permission gates ask a registry's web API, how fast, and how long that takes.

crates.io asks robots to send its API at most one request a second; its index and its downloads have no limit. Loadmaster
therefore reads the index where it can, and asks the API only for what the index does not have.
"""

from __future__ import annotations

from collections.abc import Sequence

from loadmaster.planning.plan import Crate, ReleasePlan
from loadmaster.planning.profile.project import Project
from loadmaster.planning.profile.registry_style import Credential, RegistryStyle
from loadmaster.planning.registry.seen import RegistrySeen
from loadmaster.planning.values.address import is_loopback
from loadmaster.planning.values.rates import Action
from loadmaster.planning.values.value import Value

SECONDS_BETWEEN_REQUESTS = 1.0
MOST_NEW_PROBES = 2
"""An account may create five crates at once, then one every ten minutes. Probes must not use these up."""


class Inquiry(Value):
    """The questions to the web API about one crate, in addition to its public data."""

    name: str
    version: str
    action: Action
    probe: bool

    @property
    def exists(self) -> bool:
        """Whether to ask for its owners and its configurations: these also show whether the token's account owns it."""
        return self.action is Action.UPDATE

    @property
    def requests(self) -> int:
        return 1 + 2 * self.exists + self.probe


def pause_between_requests(api: str) -> float:
    """Seconds from one request to the next; 0 for a registry on this machine."""
    return 0.0 if is_loopback(api) else SECONDS_BETWEEN_REQUESTS


def inquiries(plan: ReleasePlan, project: Project, registry: RegistrySeen) -> tuple[Inquiry, ...]:
    """The questions about every crate that is not published yet."""
    crates = [crate for crate in plan.crates if registry.find(crate.name, crate.version) is None]
    probed = _crates_to_probe(crates, project, registry)
    return tuple(
        Inquiry(
            name=crate.name,
            version=crate.version,
            action=action_of(crate, registry),
            probe=crate.name in probed,
        )
        for crate in crates
    )


def requests_to_ask(asked: Sequence[Inquiry]) -> int:
    """The largest number of requests: one for the registry's state, two for each token, and those about the crates.

    Nobody is asked for configurations without a token that may read them, nor probes without one that publishes.
    """
    tokens = {inquiry.action for inquiry in asked}
    return 1 + 2 * len(tokens) + sum(inquiry.requests for inquiry in asked)


def is_known(name: str, registry: RegistrySeen) -> bool:
    return bool(registry.crates.get(name))


def action_of(crate: Crate, registry: RegistrySeen) -> Action:
    """What the registry counts, judged by the index now: after part of a release, a crate planned as new exists."""
    return Action.UPDATE if is_known(crate.name, registry) else Action.NEW


def wants_trusted_publishing(style: RegistryStyle) -> bool:
    return style.trusted_publishing is not None or style.credential_for(Action.UPDATE) is Credential.TRUSTED_PUBLISHING


def _crates_to_probe(crates: Sequence[Crate], project: Project, registry: RegistrySeen) -> frozenset[str]:
    """The crates to probe with an upload. With an API token the probes leave half of the burst to the release.

    A token of trusted publishing has no limit, and cannot create crates.
    """
    if not project.preflight.probe:
        return frozenset()
    style = project.registry
    most = {Action.NEW: MOST_NEW_PROBES, Action.UPDATE: max(1, style.update_burst // 2)}
    probed: list[str] = []
    for action in Action:
        names = [crate.name for crate in crates if action_of(crate, registry) is action]
        if style.credential_for(action) is Credential.TOKEN:
            probed += names[: most[action]]
        elif action is Action.UPDATE:
            probed += names
    return frozenset(probed)
