"""Everything that the permission gates judge: what was seen, what the plan wants, what the profile expects."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from loadmaster.planning.permissions.questions import Inquiry, action_of
from loadmaster.planning.permissions.seen import CrateAnswers, PermissionsSeen, TokenSeen
from loadmaster.planning.plan import Crate, ReleasePlan
from loadmaster.planning.profile.project import Project
from loadmaster.planning.profile.registry_style import RegistryStyle
from loadmaster.planning.registry.seen import RegistrySeen
from loadmaster.planning.values.rates import Action
from loadmaster.planning.values.value import Value


class Facts(Value):
    plan: ReleasePlan
    project: Project
    registry: RegistrySeen
    seen: PermissionsSeen
    asked: tuple[Inquiry, ...]
    publishes: bool = True
    """Whether crates are about to be published with these credentials. A preflight alone may have none."""
    is_crates_io: bool = True
    """Whether the registry is crates.io. Another registry may have other rules."""
    needs: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    """The crates outside of the release that each crate depends on, by crate."""

    @property
    def style(self) -> RegistryStyle:
        return self.project.registry

    @property
    def crates(self) -> tuple[Crate, ...]:
        """The crates that are not published yet. A published crate needs no permission."""
        return tuple(crate for crate in self.plan.crates if crate.name in self.seen.crates)

    def crate(self, name: str) -> CrateAnswers:
        return self.seen.crates[name]

    def inquiry(self, name: str) -> Inquiry:
        return next(inquiry for inquiry in self.asked if inquiry.name == name)

    def token(self, crate: Crate) -> TokenSeen | None:
        """The token that publishes the crate, if it was asked about."""
        return self.seen.tokens.get(self.action(crate))

    def action(self, crate: Crate) -> Action:
        return action_of(crate, self.registry)

    def is_new(self, crate: Crate) -> bool:
        return self.action(crate) is Action.NEW
