"""The JSON Schema by which editors complete and check a profile."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import jsonschema
import pytest

from loadmaster.planning.profile.schema import json_schema
from loadmaster.run.profiles import OWN_PROJECTS
from tests.kit.checkout import ROOT

_MADE = "run: python -m loadmaster.planning.profile.schema > docs/profile.schema.json"


def problems(document: dict[str, Any]) -> list[str]:
    validator = jsonschema.Draft202012Validator(json.loads(json_schema()))
    return [f"{'.'.join(map(str, error.path))}: {error.message}" for error in validator.iter_errors(document)]


def test_the_schema_in_the_documentation_is_current() -> None:
    assert (ROOT / "docs" / "profile.schema.json").read_text(encoding="utf-8") == json_schema(), _MADE


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(json_schema()))


@pytest.mark.parametrize("name", ["assay", "demo"])
def test_the_profiles_that_are_shipped_satisfy_it_but_for_what_no_profile_in_a_repository_has(name: str) -> None:
    document = tomllib.loads((OWN_PROJECTS / f"{name}.toml").read_text(encoding="utf-8"))
    for field in ("repository", "directory"):
        document["source"].pop(field, None)
    assert problems(document) == []


WRONG = [
    ("without a forge", {}, "'forge' is a required property"),
    ("a misspelt field", {"forge": "a/b", "brnch": 1}, "'brnch' was unexpected"),
    ("another repository", {"forge": "a/b", "source": {"repository": "x"}}, "'repository' was unexpected"),
    ("an unknown policy", {"forge": "a/b", "release": {"policy": "x"}}, "release.policy"),
    ("a name that is none", {"forge": "a/b", "name": "../x"}, "does not match"),
]


@pytest.mark.parametrize(("document", "told"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_it_refuses_what_is_no_profile(document: dict[str, Any], told: str) -> None:
    assert any(told in problem for problem in problems(document)), problems(document)


def test_every_field_has_its_help() -> None:
    properties = json.loads(json_schema())["$defs"]["CargoStyle"]["properties"]
    assert "rustup" in properties["toolchain"]["description"]
