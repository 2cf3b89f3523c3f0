"""Which version a release gets."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadmaster.errors.request import MalformedVersion, VersionTooLong
from loadmaster.planning.values.version import ASKED, GIVEN, parse, planned_version, same_version

numbers = st.integers(0, 30)
versions = st.builds(
    lambda a, b, c, rc: f"{a}.{b}.{c}" + (f"-rc.{rc}" if rc else ""), numbers, numbers, numbers, numbers
)
levels = st.sampled_from(["major", "minor", "patch", "rc"])


@pytest.mark.parametrize(
    ("asked", "current", "planned"),
    [
        ("1.5.0", "1.4.0", "1.5.0"),
        ("major", "1.4.2", "2.0.0"),
        ("minor", "1.4.2", "1.5.0"),
        ("patch", "1.4.2", "1.4.3"),
        ("minor", "1.5.0-rc.2", "1.5.0"),
        ("patch", "1.4.3-rc.1", "1.4.3"),
        ("rc", "1.4.2", "1.4.3-rc.1"),
        ("rc", "1.5.0-rc.2", "1.5.0-rc.3"),
    ],
)
def test_what_is_asked_becomes_a_version(asked: str, current: str, planned: str) -> None:
    assert planned_version(asked, current, ()) == planned


def test_a_candidate_that_is_out_is_passed_over() -> None:
    assert planned_version("rc", "1.4.2", {"1.4.3-rc.1", "1.4.3-rc.2+build"}) == "1.4.3-rc.3"


@pytest.mark.parametrize(
    "text", ["v1.2.3", "1.2", "01.2.3", "1.2.3-", "latest", "", "1.2.3 ", "1.2.3\n", '1.2.3"', "１.2.3"]
)
def test_what_is_not_semver_is_refused(text: str) -> None:
    with pytest.raises(MalformedVersion, match="is not a version"):
        planned_version(text, "1.0.0", ())
    assert not re.fullmatch(ASKED, text)


def test_a_number_that_cargo_cannot_count_to_is_refused() -> None:
    assert planned_version(f"{2**64 - 1}.0.0", "1.0.0", ()) == f"{2**64 - 1}.0.0"
    with pytest.raises(MalformedVersion, match="is not a version"):
        planned_version(f"1.{2**64}.0", "1.0.0", ())


def test_a_version_that_no_file_name_has_room_for_is_refused() -> None:
    longest = "1.0.0-" + "a" * 178
    assert planned_version(longest, "1.0.0", ()) == longest
    assert len(f"{'c' * 64}-{longest}.crate") == 255
    with pytest.raises(VersionTooLong, match="has 185 characters, and may have 184"):
        planned_version(f"{longest}a", "1.0.0", ())


@given(versions, levels)
def test_a_level_never_lowers(current: str, level: str) -> None:
    assert parse(planned_version(level, current, ())) > parse(current)


@given(versions)
def test_the_form_takes_every_version_that_the_library_takes(version: str) -> None:
    assert re.match(ASKED, version)


def test_what_changed_can_be_asked_for_and_is_no_version() -> None:
    assert re.match(ASKED, "changed")
    for text in ("changed", "app=changed", "app=1.0.0,core=changed"):
        assert not re.match(GIVEN, text)
    assert not re.match(ASKED, "app=changed")
    with pytest.raises(MalformedVersion, match="a release also takes `changed`") as refused:
        planned_version("changed", "1.0.0", ())
    assert "`changed` is not a version" in refused.value.what


def test_build_metadata_does_not_make_another_version() -> None:
    assert same_version("1.0.0+a", "1.0.0+b")
    assert not same_version("1.0.0", "1.0.0-rc.1")
