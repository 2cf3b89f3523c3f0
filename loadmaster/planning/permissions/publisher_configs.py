"""One configuration of trusted publishing beside the profile: does it accept the profile's workflow, and where do they differ?

The owner's id is left out here, because the profile need not name it: `owner_ids` compares it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from loadmaster.planning.permissions.reading import Document, interpret
from loadmaster.planning.permissions.seen import CrateAnswers
from loadmaster.planning.profile.registry_style import TrustedPublishing


def configs_of(seen: CrateAnswers) -> tuple[dict[str, Any], ...] | None:
    """The crate's configurations; None if nobody could read them."""
    match interpret(seen.configs) if seen.configs is not None else None:
        case Document(content={"github_configs": list(configs)}) if all(isinstance(each, dict) for each in configs):
            return tuple(configs)
        case _:
            return None


def ids_of_accepting(wanted: TrustedPublishing, configs: Sequence[dict[str, Any]]) -> tuple[int | None, ...]:
    """The owner's id in each configuration that accepts the profile's workflow, if the id is right."""
    return tuple(_id(config) for config in configs if not differences(wanted, config))


def differences(wanted: TrustedPublishing, config: dict[str, Any]) -> list[str]:
    """The differences of one configuration from the profile, in words; [] if it accepts the profile's workflow."""
    found = []
    repository = f"{config.get('repository_owner')}/{config.get('repository_name')}"
    if repository.lower() != wanted.repository.lower():
        found.append(f"its repository is `{repository}`{_hint(repository, wanted.repository)}")
    workflow = str(config.get("workflow_filename"))
    if workflow != wanted.workflow:
        found.append(f"its workflow is `{workflow}`{_hint(workflow, wanted.workflow)}")
    environment = config.get("environment")
    if environment is not None and wanted.environment is None:
        found.append(f"it requires the environment `{environment}`, and the profile names none")
    elif environment is not None and str(environment).lower() != str(wanted.environment).lower():
        found.append(f"its environment is `{environment}`{_hint(str(environment), str(wanted.environment))}")
    return found


def _id(config: dict[str, Any]) -> int | None:
    number = config.get("repository_owner_id")
    return number if isinstance(number, int) else None


def _hint(actual: str, wanted: str) -> str:
    """A hint at differences that are easily overlooked."""
    if actual.strip() == wanted:
        return " with a blank before or after it"
    if actual.lower() == wanted.lower():
        return f", where the case must be that of `{wanted}`"
    return f", not `{wanted}`"
