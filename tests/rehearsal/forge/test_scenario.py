"""The scenario of a forge: what its page shows can be read, and what contradicts itself is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from loadmaster.errors.request import FaultScriptBroken, WrongRequest
from loadmaster.rehearsal.conditions import read_script
from loadmaster.rehearsal.forge_scenario import HEALTHY, ForgeScenario, PlayedJob
from loadmaster.rehearsal.request import rehearse_request
from tests.kit.checkout import ROOT


def test_the_example_of_the_page_names_every_field(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "forge.md").read_text().partition("```toml\n")[2].partition("```")[0]
    (tmp_path / "script.toml").write_text(text)
    scenario = read_script(tmp_path / "script.toml").forge
    assert scenario is not None
    assert set(ForgeScenario.model_fields) == scenario.model_fields_set
    (job,) = scenario.jobs
    assert set(PlayedJob.model_fields) == job.model_fields_set
    assert job.log == ("\x1b[31mred",)


def test_a_request_takes_one_too() -> None:
    asked = {"project": "demo", "version": "minor", "forge": {"runs": "none"}}
    assert rehearse_request(asked).forge == ForgeScenario(runs="none")
    assert rehearse_request({"project": "demo", "version": "minor"}).forge is None
    with pytest.raises(WrongRequest, match="forge"):
        rehearse_request({"project": "demo", "version": "minor", "forge": {"runs": "some"}})


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"jobs": [{"name": "a"}, {"name": "a"}]}, "job `a` is there twice"),
        ({"token": {"permissions": {"contents": "read"}}}, 'give `kind = "fine-grained"`'),
        ({"merge_methods": []}, "merge_methods"),
        ({"releases": [{"tag": "v1", "draft": True, "immutable": True}]}, "no draft is immutable"),
        ({"releases": [{"tag": "v1", "assets": [{"name": "a", "text": "", "size": 1}]}]}, "give one of them"),
        ({"speling": 1}, "speling"),
    ],
    ids=str,
)
def test_a_contradiction_is_refused(tmp_path: Path, said: dict[str, Any], told: str) -> None:
    (tmp_path / "script.json").write_text(json.dumps({"forge": said}))
    with pytest.raises(FaultScriptBroken, match=told):
        read_script(tmp_path / "script.json")


def test_a_healthy_forge_protects_nothing_more_than_every_remote_does() -> None:
    assert not HEALTHY.protects_branch
    assert HEALTHY.job("any") == PlayedJob(name="any")
    assert HEALTHY.environment("any") is None
