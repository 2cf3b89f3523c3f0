"""What other users of the machine may do with the files of the store: nothing."""

from __future__ import annotations

import stat
from pathlib import Path

from loadmaster.stack.privacy import mend_modes
from tests.kit.deep import LEVELS


def modes(home: Path) -> dict[str, int]:
    return {each.name: stat.S_IMODE(each.lstat().st_mode) for each in home.rglob("*") if not each.is_symlink()}


def test_the_rights_of_others_are_taken_and_it_is_said_once(tmp_path: Path) -> None:
    home, told = tmp_path / "home", list[str]()
    (home / "runs").mkdir(parents=True)
    for name, mode in {"secret": 0o644, "hook": 0o755, "object": 0o444, "shared": 0o660, "own": 0o600}.items():
        (home / "runs" / name).write_text(name)
        (home / "runs" / name).chmod(mode)
    (home / "runs").chmod(0o755)
    home.chmod(0o755)

    mend_modes(home, told.append)
    mend_modes(home, told.append)

    own = {"runs": 0o700, "secret": 0o600, "hook": 0o700, "object": 0o400, "shared": 0o600, "own": 0o600}
    assert modes(home) == own
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert told == [f"other users could look into {home}: 6 files and directories are for you alone now"]


def test_what_cargo_unpacked_in_a_closed_home_is_mended_without_a_word(tmp_path: Path) -> None:
    told = list[str]()
    tmp_path.chmod(0o700)
    (tmp_path / "build").mkdir(0o700)
    (tmp_path / "build" / "Cargo.toml").touch()
    (tmp_path / "build" / "Cargo.toml").chmod(0o644)

    mend_modes(tmp_path, told.append)

    assert (modes(tmp_path), told) == ({"build": 0o700, "Cargo.toml": 0o600}, [])


def test_what_is_not_ours_in_a_home_is_only_behind_its_closed_door(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    for name in ("notes", "stack.json"):
        (tmp_path / name).touch()
        (tmp_path / name).chmod(0o644)

    mend_modes(tmp_path, lambda line: None)

    assert modes(tmp_path) == {"notes": 0o644, "stack.json": 0o600}
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


def test_what_a_build_dug_keeps_nobody_from_starting(deep: Path) -> None:
    home = deep.parent
    deep.rename(home / "build")
    home.chmod(0o700)
    lowest = home.joinpath("build", *["d"] * LEVELS)
    lowest.chmod(0o755)

    mend_modes(home, lambda line: None)

    assert stat.S_IMODE(lowest.stat().st_mode) == 0o700


def test_what_a_link_leads_to_stays_as_it_is(tmp_path: Path) -> None:
    outside, home = tmp_path / "outside", tmp_path / "home"
    home.mkdir(0o700)
    outside.write_text("somebody else's")
    outside.chmod(0o644)
    (home / "runs").mkdir(0o700)
    (home / "runs" / "link").symlink_to(outside)
    (home / "runs" / "nowhere").symlink_to(tmp_path / "gone")
    (home / "build").symlink_to(tmp_path, target_is_directory=True)

    mend_modes(home, lambda line: None)

    assert stat.S_IMODE(outside.stat().st_mode) == 0o644
