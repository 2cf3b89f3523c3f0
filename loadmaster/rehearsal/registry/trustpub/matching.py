"""Finds the configurations that match a run, by crates.io's four questions in its order, with its message if none does. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from loadmaster.planning.crates_io.refusal import Refusal, bad_request
from loadmaster.planning.values.value import Value
from loadmaster.rehearsal.registry.trustpub.claims import ProviderRun


class Words(Value):
    """A provider's words for the parts of a configuration, for crates.io's messages about a mismatch."""

    owner_id: str
    workflow: str


class Config(Value):
    """One configuration, of GitHub or of GitLab."""

    id: int
    canonical: str
    """The canonical form of the crate's name."""
    owner: str
    owner_id: str | None
    """None for GitLab until the first run comes from there."""
    name: str
    workflow: str
    environment: str | None
    created_at: datetime


def fitting(configs: Iterable[Config], run: ProviderRun, words: Words) -> tuple[Config, ...]:
    """The configurations that let this run publish, at least one. Raises `Refusal`."""
    found = [c for c in configs if c.owner.lower() == run.owner.lower() and c.name.lower() == run.name.lower()]
    if not found:
        raise bad_request(f"No Trusted Publishing config found for repository `{run.repository}`.")
    owned = [config for config in found if config.owner_id in (None, run.owner_id)]
    if not owned:
        raise _unfit_owner(found, run, words)
    by_workflow = [config for config in owned if config.workflow == run.workflow]
    if not by_workflow:
        raise bad_request(
            f"{_of(run)} does not match the workflow {words.workflow} `{run.workflow}` in the JWT. "
            f"Expected workflow {words.workflow}s: {_quoted(config.workflow for config in owned)}"
        )
    fit = tuple(config for config in by_workflow if _allows(config.environment, run.environment))
    if not fit:
        raise _unfit_environment(by_workflow, run)
    return fit


def _allows(wanted: str | None, given: str | None) -> bool:
    return wanted is None or (given is not None and wanted.lower() == given.lower())


def _unfit_owner(configs: Sequence[Config], run: ProviderRun, words: Words) -> Refusal:
    expected = ", ".join(config.owner_id for config in configs if config.owner_id is not None)
    return bad_request(
        f"{_of(run)} does not match the {words.owner_id} ID ({run.owner_id}) in the JWT. "
        f"Expected {words.owner_id.rpartition(' ')[2]} IDs: {expected}. "
        f"Please recreate the Trusted Publishing config to update the {words.owner_id} ID."
    )


def _unfit_environment(configs: Sequence[Config], run: ProviderRun) -> Refusal:
    expected = _quoted(config.environment for config in configs if config.environment is not None)
    said = (
        "requires an environment, but the JWT does not specify one."
        if run.environment is None
        else f"does not match the environment `{run.environment}` in the JWT."
    )
    return bad_request(f"{_of(run)} {said} Expected environments: {expected}")


def _of(run: ProviderRun) -> str:
    return f"The Trusted Publishing config for repository `{run.repository}`"


def _quoted(values: Iterable[str]) -> str:
    return ", ".join(f"`{value}`" for value in values)
