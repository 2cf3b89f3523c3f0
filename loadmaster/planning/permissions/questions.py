"""Which questions the permission gates put to a registry's web API, how fast, and how long that takes.

crates.io asks robots for one request a second to its API, and sets no limit to its index and its downloads. Whatever is
in the index is therefore read there; the API is asked for what only it knows.
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
"""An account creates five crates at once, then one every ten minutes: probes must not use that up."""


class Inquiry(Value):
    """What the web API is asked about one crate, besides what everybody may know of it."""

    name: str
    version: str
    action: Action
    owners: bool
    configs: bool
    """Its configurations of trusted publishing."""
    probe: bool

    @property
    def requests(self) -> int:
        return 1 + self.owners + self.configs + self.probe


def pause_between_requests(api: str) -> float:
    """Seconds from one request to the next; none for a registry on this machine."""
    return 0.0 if is_loopback(api) else SECONDS_BETWEEN_REQUESTS


def inquiries(plan: ReleasePlan, project: Project, registry: RegistrySeen) -> tuple[Inquiry, ...]:
    """For every crate that is still to be published."""
    style = project.registry
    crates = [crate for crate in plan.crates if registry.find(crate.name, crate.version) is None]
    probed = _probed(crates, project, registry)
    return tuple(
        Inquiry(
            name=crate.name,
            version=crate.version,
            action=action_of(crate, registry),
            owners=is_known(crate.name, registry) and (bool(style.owners) or wants_trusted_publishing(style)),
            configs=is_known(crate.name, registry) and wants_trusted_publishing(style),
            probe=crate.name in probed,
        )
        for crate in crates
    )


def requests_to_ask(asked: Sequence[Inquiry]) -> int:
    """How often the web API is asked at most: the registry's state, two questions a token, and those about the crates."""
    tokens = {each.action for each in asked}
    return 1 + 2 * len(tokens) + sum(each.requests for each in asked)


def seconds_to_ask(asked: Sequence[Inquiry], api: str) -> float:
    return requests_to_ask(asked) * pause_between_requests(api)


def is_known(name: str, registry: RegistrySeen) -> bool:
    return bool(registry.crates.get(name))


def action_of(crate: Crate, registry: RegistrySeen) -> Action:
    """By what the index shows now: after a half-way release a crate that was planned as new is there."""
    return Action.UPDATE if is_known(crate.name, registry) else Action.NEW


def wants_trusted_publishing(style: RegistryStyle) -> bool:
    return style.trusted_publishing is not None or style.credential_for(Action.UPDATE) is Credential.TRUSTED_PUBLISHING


def _probed(crates: Sequence[Crate], project: Project, registry: RegistrySeen) -> frozenset[str]:
    """Whose uploads are tried: with an API token no more than leave half of the burst to the release.

    A token of trusted publishing has no limit, and creates no crates.
    """
    if not project.preflight.probe:
        return frozenset()
    style = project.registry
    most = {Action.NEW: MOST_NEW_PROBES, Action.UPDATE: max(1, style.update_burst // 2)}
    found: list[str] = []
    for action in Action:
        names = [crate.name for crate in crates if action_of(crate, registry) is action]
        if style.credential_for(action) is Credential.TOKEN:
            found += names[: most[action]]
        elif action is Action.UPDATE:
            found += names
    return frozenset(found)
