"""Which packages are checked with which Rust, and what the checks say together."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from loadmaster.planning.registry.seen import Lint
from loadmaster.planning.rust_versions import by_rust_version, together
from tests.kit.building import package

PASSED, MISSING = Lint(ran=True, passed=True), Lint(ran=False, why="is not installed")


def test_each_package_is_asked_with_its_own_rust_and_the_newest_comes_first() -> None:
    packages = [package("app", rust_version="1.90"), package("core", rust_version="1.60.1"), package("tool")]
    also = package("cli", rust_version="1.90")
    assert list(by_rust_version([*packages, also]).items()) == [("1.90", ("app", "cli")), ("1.60.1", ("core",))]


def test_a_failure_names_its_packages_and_what_was_not_tried_is_told_beside_it() -> None:
    broken = Lint(ran=True, why="E0658: let chains")
    found = together([("1.90", ("app",), broken), ("1.80", ("cli",), PASSED), ("1.60", ("core",), MISSING)])
    assert (found.ran, found.passed) == (True, False)
    assert found.findings == ("`app` with Rust 1.90: E0658: let chains",)
    assert found.unasked == ("`core` with Rust 1.60: is not installed",)


@given(st.lists(st.sampled_from([PASSED, MISSING, Lint(ran=True, why="no")]), min_size=1))
def test_nothing_passes_that_was_not_tried(lints: list[Lint]) -> None:
    found = together((f"1.{number}", ("app",), lint) for number, lint in enumerate(lints))
    assert (found.ran and found.passed and not found.unasked) == all(lint == PASSED for lint in lints)
