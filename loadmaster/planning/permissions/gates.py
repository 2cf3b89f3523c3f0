"""Asks all permission gates at once, except `crate-rules`, which needs the packaged crates."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from loadmaster.planning.permissions.crate_gates import dependency_names
from loadmaster.planning.permissions.facts import Facts
from loadmaster.planning.permissions.findings import Finding
from loadmaster.planning.permissions.name_gate import crate_exists
from loadmaster.planning.permissions.owners_gate import owners
from loadmaster.planning.permissions.registry_gates import rate_budget, registry_ready
from loadmaster.planning.permissions.token_gate import token
from loadmaster.planning.permissions.trusted_publishing_gate import trusted_publishing

GATES: tuple[Callable[[Facts], Iterator[Finding]], ...] = (
    registry_ready,
    crate_exists,
    owners,
    trusted_publishing,
    token,
    rate_budget,
    dependency_names,
)


def ask(facts: Facts) -> tuple[Finding, ...]:
    """The findings of all permission gates, about every crate that is not published yet."""
    return tuple(finding for gate in GATES for finding in gate(facts))
