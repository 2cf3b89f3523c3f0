"""Which sandbox cargo runs in, by the profile and by what this machine can do."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadmaster.clients import sandbox
from loadmaster.clients.sandbox import Bubblewrap
from loadmaster.errors.cargo import SandboxMissing, SandboxTooOpen
from loadmaster.planning.profile.project import CargoStyle, SandboxChoice
from loadmaster.run.sandboxing import READS_VARIABLE, missing_sandbox, sandbox_for

WITH, WITHOUT = Bubblewrap(program="/usr/bin/bwrap"), Bubblewrap(trouble="`bwrap` is not installed")
AUTO, ALWAYS, NEVER = (CargoStyle(sandbox=choice) for choice in SandboxChoice)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    monkeypatch.setattr(sandbox, "bubblewrap", lambda: WITH)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("home/deeper", "store"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.delenv(READS_VARIABLE, raising=False)
    return monkeypatch


@pytest.mark.parametrize("required", [False, True], ids=["rehearsal", "release"])
@pytest.mark.parametrize("style", [AUTO, ALWAYS], ids=["auto", "bubblewrap"])
def test_where_there_is_bubblewrap_it_is_used(
    machine: pytest.MonkeyPatch, tmp_path: Path, style: CargoStyle, required: bool
) -> None:
    found = sandbox_for(style, tmp_path / "store", required=required)
    assert found is not None
    assert found.program == WITH.program
    assert found.hides == (tmp_path / "home", tmp_path / "store")
    assert missing_sandbox(style) is None


@pytest.mark.parametrize(
    ("style", "required", "is_refused"),
    [(AUTO, False, False), (AUTO, True, True), (ALWAYS, False, True), (ALWAYS, True, True)],
    ids=["auto, rehearsal", "auto, release", "bubblewrap, rehearsal", "bubblewrap, release"],
)
def test_where_there_is_none_only_a_rehearsal_goes_without_and_says_so(
    machine: pytest.MonkeyPatch, tmp_path: Path, style: CargoStyle, required: bool, is_refused: bool
) -> None:
    machine.setattr(sandbox, "bubblewrap", lambda: WITHOUT)
    if is_refused:
        with pytest.raises(SandboxMissing, match="`bwrap` is not installed"):
            sandbox_for(style, tmp_path, required=required)
    else:
        assert sandbox_for(style, tmp_path, required=required) is None
    assert missing_sandbox(style) == "cargo ran without a sandbox: `bwrap` is not installed"


def test_a_profile_that_wants_none_has_none_and_the_receipt_says_what_that_means(
    machine: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert sandbox_for(NEVER, tmp_path, required=True) is None
    told = missing_sandbox(NEVER)
    assert told == "cargo ran without a sandbox, by the profile: builds could read whatever this user can"


def test_what_the_profile_and_the_machine_name_is_shown(machine: pytest.MonkeyPatch, tmp_path: Path) -> None:
    machine.setenv(READS_VARIABLE, "/srv/clones:/srv/more")
    style = CargoStyle(sandbox_reads=("/run/postgresql", "~/bin"))
    found = sandbox_for(style, tmp_path / "store")
    assert found is not None
    named = [Path("/run/postgresql"), tmp_path / "home" / "bin", Path("/srv/clones"), Path("/srv/more")]
    assert list(found.reads[-4:]) == named


@pytest.mark.parametrize(
    "given", ["", "..", "deeper/.."], ids=["the home", "what is above it", "the same, by a detour"]
)
def test_what_would_show_the_home_is_refused(machine: pytest.MonkeyPatch, tmp_path: Path, given: str) -> None:
    machine.setenv(READS_VARIABLE, f"{tmp_path}/home/{given}")
    with pytest.raises(SandboxTooOpen, match="it would show all of"):
        sandbox_for(AUTO, tmp_path / "home" / "store")


def test_a_relative_path_is_refused(machine: pytest.MonkeyPatch, tmp_path: Path) -> None:
    machine.setenv(READS_VARIABLE, "clones")
    with pytest.raises(SandboxTooOpen, match="it is not an absolute path"):
        sandbox_for(AUTO, tmp_path)


def test_a_cargo_in_the_home_itself_does_not_show_the_home(machine: pytest.MonkeyPatch, tmp_path: Path) -> None:
    programs = tmp_path / "home" / "bin"
    programs.mkdir()
    for name in ("cargo", "rustc"):
        (programs / name).touch(mode=0o755)
    machine.setenv("PATH", str(programs))
    found = sandbox_for(AUTO, tmp_path / "store")
    assert found is not None
    assert programs in found.reads
    assert not {tmp_path / "home", tmp_path} & set(found.reads)


def test_a_home_that_is_the_root_hides_nothing(machine: pytest.MonkeyPatch, tmp_path: Path) -> None:
    machine.setenv("HOME", "/")
    found = sandbox_for(AUTO, tmp_path)
    assert found is not None
    assert found.hides == (tmp_path,)
