"""What is said of a program, by what it said of itself."""

from __future__ import annotations

import pytest

from loadmaster.planning.doctor.check import Check, CheckOutcome
from loadmaster.planning.doctor.programs import (
    Installer,
    ProgramSeen,
    judge_cargo,
    judge_clippy,
    judge_engine,
    judge_git,
    judge_git_lfs,
    judge_packages,
    judge_python,
    judge_rustup,
    judge_sandbox,
)
from loadmaster.planning.smoke.host import EngineFacts, HostFacts

APT = Installer(program="apt-get")
MISSING = ProgramSeen(version=None, trouble="there is no such program on the search path")


def version(text: str) -> ProgramSeen:
    return ProgramSeen(version=text)


def host(**fields: object) -> HostFacts:
    plain = {
        "engine": None,
        "engine_problem": "No Docker engine answers at `unix:///run/none`: gone.",
        "engine_fix": "install it.",
        "kernel": "6.1",
        "lsms": None,
        "has_types": True,
        "has_hook": True,
        "uid_map": "",
        "missing_tools": (),
    }
    return HostFacts.model_validate(plain | fields)


ENGINE = EngineFacts(version="20.10", machine="x86_64", kernel="6.1", system="linux", rootless=False)

GOOD = {
    "a Python that is new enough": judge_python("3.13.1", ">=3.11"),
    "a Python of which nothing is asked": judge_python("3.11.2", ""),
    "a candidate of Python": judge_python("3.14.0rc1", ">=3.11"),
    "the tested packages": judge_packages(None, "0.1.0", is_checkout=True),
    "the oldest cargo": judge_cargo(version("1.90.0"), "1.90.0"),
    "a nightly cargo of the oldest version": judge_cargo(version("1.90.0-nightly"), "1.90.0"),
    "rustup": judge_rustup(version("1.28.2"), ("stable",)),
    "clippy": judge_clippy(version("0.1.95")),
    "the oldest git": judge_git(version("2.36.0"), APT),
    "a git of Apple's": judge_git(version("2.39.5.windows.1"), APT),
    "Git LFS": judge_git_lfs(version("3.3.0"), APT),
    "a sandbox that works": judge_sandbox(True, None, APT),
    "an engine": judge_engine(host(engine=ENGINE)),
}


@pytest.mark.parametrize("check", GOOD.values(), ids=list(GOOD))
def test_what_is_there_needs_no_mending(check: Check) -> None:
    assert (check.outcome, check.fix, check.code) == (CheckOutcome.OK, None, None)


FAIL, WARN = CheckOutcome.FAIL, CheckOutcome.WARN
BAD: dict[str, tuple[Check, CheckOutcome, str, str]] = {
    "an old Python": (judge_python("3.10.9", ">=3.11"), FAIL, "3.10.9, and `>=3.11` is needed", "`pipx reinstall"),
    "other packages, in a checkout": (
        judge_packages("tested with others", "0.1.0", is_checkout=True),
        WARN,
        "tested with others",
        "`make setup`",
    ),
    "other packages, installed": (
        judge_packages("tested with others", "0.1.0", is_checkout=False),
        WARN,
        "tested with others",
        "`pipx install --force 'loadmaster-0.1.0-py3-none-any.whl[pinned]'`",
    ),
    "no cargo": (judge_cargo(MISSING, "1.90.0"), FAIL, "cargo cannot be run", "https://sh.rustup.rs"),
    "an old cargo": (judge_cargo(version("1.89.0"), "1.90.0"), FAIL, "too old", "`rustup update stable`"),
    "no rustup": (judge_rustup(MISSING, ()), WARN, "not here", "https://sh.rustup.rs"),
    "rustup alone": (judge_rustup(version("1.28.2"), ()), WARN, "without a toolchain", "`rustup toolchain install"),
    "no clippy": (judge_clippy(MISSING), FAIL, "clippy was not run", "`rustup component add clippy`"),
    "no git": (judge_git(MISSING, APT), FAIL, "no `git`", "`sudo apt-get install git`"),
    "an old git": (judge_git(version("2.9.5"), APT), FAIL, "2.36 or a newer one", "`sudo apt-get install git`"),
    "no Git LFS": (judge_git_lfs(MISSING, APT), WARN, "pointers", "`sudo apt-get install git-lfs`"),
    "no bubblewrap": (
        judge_sandbox(False, "`bwrap` is not installed", APT),
        FAIL,
        "there is no sandbox",
        "`sudo apt-get install bubblewrap`",
    ),
    "a bubblewrap that may not": (
        judge_sandbox(True, "`bwrap` may not make a sandbox", APT),
        FAIL,
        "may not make a sandbox",
        "allow user namespaces",
    ),
    "no engine": (judge_engine(host()), WARN, "No Docker engine answers", "install it."),
    "no engine, and podman": (judge_engine(host(has_podman=True)), WARN, "No Docker engine", "podman system service"),
}


@pytest.mark.parametrize(("check", "outcome", "seen", "fix"), BAD.values(), ids=list(BAD))
def test_what_is_missing_is_told_with_the_command(check: Check, outcome: CheckOutcome, seen: str, fix: str) -> None:
    assert check.outcome is outcome
    assert seen in check.seen
    assert fix in (check.fix or "")


COMMANDS = {
    "as a user": (Installer(program="dnf"), "run `sudo dnf install git`"),
    "as root": (Installer(program="apt-get", is_root=True), "run `apt-get install git`"),
    "with pacman": (Installer(program="pacman"), "run `sudo pacman -S git`"),
    "with brew, which wants no root": (Installer(program="brew"), "run `brew install git`"),
    "with a manager that is not known": (Installer(program=None), "install the package `git`"),
}


@pytest.mark.parametrize(("installer", "told"), COMMANDS.values(), ids=list(COMMANDS))
def test_a_package_is_installed(installer: Installer, told: str) -> None:
    assert installer.install("git") == told
