"""How a rehearsal world differs from a healthy, quick and punctual one: one script, in a file or in a request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from loadmaster.errors.request import FaultScriptBroken
from loadmaster.planning.values.json_text import read_json
from loadmaster.planning.values.toml_text import load_toml
from loadmaster.planning.values.value import Value
from loadmaster.rehearsal.faults import Fault
from loadmaster.rehearsal.forge_scenario import ForgeScenario
from loadmaster.rehearsal.registry import Limits, Service
from loadmaster.rehearsal.scenario import Scenario
from loadmaster.run.profiles import problems_of


class Conditions(Value):
    faults: tuple[Fault, ...] = Field(
        default=(), title="Faults", description="Scripted faults of the registry, the git remote and the forge."
    )
    service: Service = Field(
        default=Service(), title="Service", description="How long the rehearsal registry takes, in seconds."
    )
    limits: Limits | None = Field(
        default=None, title="Limits", description="Of the rehearsal registry; those of the profile if left out."
    )
    scenario: Scenario | None = Field(
        default=None,
        title="Scenario",
        description="Who and what the rehearsal registry knows before the release: accounts, owners, tokens, crates.",
    )
    forge: ForgeScenario | None = Field(
        default=None,
        title="Forge",
        description="How the rehearsal's forge differs from a healthy one: rights, rules, checks, other people, runs, assets.",
    )
    clock_speed: float = Field(
        default=1.0,
        gt=0,
        title="Clock speed",
        description="Seconds that pass in the rehearsal world for each real one.",
    )


def read_script(file: Path) -> Conditions:
    """A script in TOML, or in JSON if the file's name ends so: `fault` (a list), `service`, `limits`, `forge`, `clock_speed`.

    Raises `FaultScriptBroken`.
    """
    try:
        text = file.read_text(encoding="utf-8")
        document: Any = read_json(text) if file.suffix == ".json" else load_toml(text)
    except (OSError, ValueError) as error:
        raise FaultScriptBroken(str(file), str(error)) from error
    if not isinstance(document, dict) or not document or not isinstance(document.get("fault", []), list):
        raise FaultScriptBroken(
            str(file), "it has no `[[fault]]`, nor `[service]`, `[limits]`, `[forge]` or `clock_speed`"
        )
    try:
        return Conditions.model_validate({("faults" if key == "fault" else key): document[key] for key in document})
    except ValidationError as error:
        raise FaultScriptBroken(str(file), "; ".join(problems_of(error))) from error
