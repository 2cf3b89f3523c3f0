from __future__ import annotations

from pathlib import Path

import pytest

from loadmaster.errors.request import FaultScriptBroken
from loadmaster.rehearsal.conditions import Conditions, read_script
from loadmaster.rehearsal.faults import Fault
from loadmaster.rehearsal.registry import Limits, Service
from loadmaster.rehearsal.request import rehearse_request

TOML = """
clock_speed = 60

[[fault]]
on = "push-tag"
kill = true

[service]
upload = 1.5

[limits]
new_burst = 2
"""
JSON = '{"clock_speed": 60, "fault": [{"on": "push-tag", "kill": true}], "service": {"upload": 1.5}, "limits": {"new_burst": 2}}'
MEANT = Conditions(
    clock_speed=60,
    faults=(Fault(on="push-tag", kill=True),),
    service=Service(upload=1.5),
    limits=Limits(new_burst=2),
)


@pytest.mark.parametrize(("name", "text"), [("script.toml", TOML), ("script.json", JSON)])
def test_a_script_is_toml_or_json(tmp_path: Path, name: str, text: str) -> None:
    file = tmp_path / name
    file.write_text(text)
    assert read_script(file) == MEANT


def test_a_request_takes_what_a_script_says(tmp_path: Path) -> None:
    request = rehearse_request({"project": "demo", "version": "rc"} | MEANT.model_dump(mode="json"))
    assert request.model_copy() == request
    assert Conditions.model_validate({name: getattr(request, name) for name in Conditions.model_fields}) == MEANT


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        pytest.param("s.toml", "", "has no `[[fault]]`", id="an empty file"),
        pytest.param("s.toml", "fault = 1", "has no `[[fault]]`", id="a fault that is no table"),
        pytest.param("s.json", "[]", "has no `[[fault]]`", id="a list"),
        pytest.param("s.toml", "[[fault", "at end of document", id="no TOML"),
        pytest.param("s.json", "{", "line 1", id="no JSON"),
        pytest.param("s.toml", '[[fault]]\non = "index"\nkill = true', "`kill` means nothing", id="misplaced"),
        pytest.param("s.toml", "clock_sped = 2", "clock_sped", id="misspelt"),
        pytest.param("s.toml", "clock_speed = 0", "clock_speed", id="a clock that stands still"),
        pytest.param("s.toml", "[service]\nupload = -1", "upload", id="a service before it is asked"),
    ],
)
def test_a_script_that_cannot_be_used_says_why(tmp_path: Path, name: str, text: str, complaint: str) -> None:
    file = tmp_path / name
    file.write_text(text)
    with pytest.raises(FaultScriptBroken) as refused:
        read_script(file)
    assert complaint in refused.value.what


def test_a_script_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(FaultScriptBroken, match="No such file"):
        read_script(tmp_path / "nowhere.toml")
