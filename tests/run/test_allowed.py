"""Which paths and addresses a run may name."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadmaster.errors.access import ParameterNotAllowed
from loadmaster.rehearsal.request import RehearseRequest
from loadmaster.run.allowed import NamesPlaces, allow, require_allowed
from loadmaster.run.preflight import PreflightRequest
from loadmaster.run.request import LiveRequest
from loadmaster.run.store import Store
from loadmaster.smoke.request import SmokeRequest

REGISTRY = "sparse+http://127.0.0.1:1/index/"
NAMING: list[tuple[str, NamesPlaces]] = [
    ("repository", RehearseRequest(project="demo", version="minor", repository="/somewhere")),
    ("repository", LiveRequest(project="demo", version="minor", repository="/somewhere")),
    ("repository", PreflightRequest(project="demo", repository="https://somewhere.example/x.git")),
    ("registry", LiveRequest(project="demo", version="minor", registry=REGISTRY)),
    ("registry", PreflightRequest(project="demo", registry=REGISTRY)),
    ("forge", SmokeRequest(forge="http://127.0.0.1:1")),
    ("assets", SmokeRequest(assets="/somewhere")),
    ("binary", SmokeRequest(binary="/bin/sh")),
]


@pytest.mark.parametrize(
    ("parameter", "request_"), NAMING, ids=[f"{type(request).__name__}: {name}" for name, request in NAMING]
)
def test_a_place_is_refused_until_a_person_has_given_it(parameter: str, request_: NamesPlaces, tmp_path: Path) -> None:
    store = Store(tmp_path)
    with pytest.raises(ParameterNotAllowed, match=f"as its `{parameter}`"):
        require_allowed(request_, store)
    allow(request_, store)
    require_allowed(request_, store)


def test_what_was_given_for_one_parameter_or_project_is_given_for_no_other(tmp_path: Path) -> None:
    store = Store(tmp_path)
    allow(SmokeRequest(assets="/somewhere"), store)
    for other in (SmokeRequest(binary="/somewhere"), SmokeRequest(project="demo", assets="/somewhere")):
        with pytest.raises(ParameterNotAllowed):
            require_allowed(other, store)


def test_what_names_nothing_but_its_profile_needs_nobody(tmp_path: Path) -> None:
    for request in (RehearseRequest(project="demo", version="rc"), PreflightRequest(project="demo"), SmokeRequest()):
        require_allowed(request, Store(tmp_path))


def test_the_profiles_own_repository_is_no_place_beyond_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    projects = tmp_path / "projects"
    projects.mkdir()
    monkeypatch.setattr("loadmaster.run.profiles.PROJECTS", projects)
    (projects / "cloned.toml").write_text('title = "D"\nforge = "a/b"\n[source]\nrepository = "/the/clone"\n')
    assert LiveRequest(project="cloned", version="minor", repository="/the/clone").places == ()
    assert LiveRequest(project="cloned", version="minor", repository="/the/clone2").places != ()
