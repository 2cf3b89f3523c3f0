from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadmaster.errors.edits import MalformedRequirement
from loadmaster.errors.request import MalformedVersion
from loadmaster.planning.values.requirement import matches, rewrite_requirement
from loadmaster.planning.values.version import parse

# Every line was compared with the Rust crate `semver` 1.0.
MATCHES = {
    "a bare version is a caret": ("1.2.3", "1.9.0"),
    "a caret takes the same version": ("^1.2.3", "1.2.3"),
    "a caret on 0.x keeps the minor": ("0.2.3", "0.2.9"),
    "a caret on 0.0.x keeps the patch": ("0.0.3", "0.0.3"),
    "a caret on 0.0 takes any patch": ("0.0", "0.0.7"),
    "a caret on 0 takes any minor": ("0", "0.9.1"),
    "a partial caret takes a lower patch than any written one": ("1.2", "1.2.0"),
    "a tilde takes a higher patch": ("~1.2.3", "1.2.9"),
    "a tilde on two components takes any patch": ("~1.2", "1.2.0"),
    "a tilde on one component takes any minor": ("~1", "1.9.0"),
    "a lone wildcard takes everything": ("*", "7.0.0"),
    "a wildcard patch": ("1.2.*", "1.2.7"),
    "a wildcard minor": ("1.*", "1.7.0"),
    "an exact partial version takes what it leaves open": ("=1.2", "1.2.7"),
    "greater than a minor begins with the next minor": (">1.2", "1.3.0"),
    "less or equal to a minor takes its patches": ("<=1.2", "1.2.9"),
    "both ends of a list": (">=1.2, <2", "1.9.9"),
    "a pre-release of the same three numbers": ("1.2.3-rc.1", "1.2.3-rc.2"),
    "the release after a pre-release": ("=1.2, >=1.2.3-rc.1", "1.2.3"),
    "build metadata does not count": ("=1.2.3", "1.2.3+linux"),
    "blanks after the operator": (">= 1.2.3", "1.2.3"),
}
MATCHES_NOT = {
    "a caret ends before the next major": ("1.2.3", "2.0.0"),
    "a caret on 0.x ends before the next minor": ("0.2.3", "0.3.0"),
    "a caret on 0.0.x ends before the next patch": ("0.0.3", "0.0.4"),
    "a caret does not go back": ("1.2.3", "1.2.2"),
    "a tilde ends before the next minor": ("~1.2.3", "1.3.0"),
    "a tilde does not go back": ("~1.2.3", "1.2.2"),
    "an exact version is that version": ("=1.2.3", "1.2.4"),
    "greater than a minor leaves out its patches": (">1.2", "1.2.9"),
    "less than a major leaves out its first release": ("<2", "2.0.0"),
    "one end of a list": (">=1.2, <2", "2.1.0"),
    "a pre-release of the next version": ("1.2.3", "1.3.0-rc.1"),
    "a pre-release of other numbers than the one named": ("1.2.3-rc.1", "1.2.4-rc.1"),
    "a pre-release to a lone wildcard": ("*", "1.0.0-rc.1"),
    "an earlier pre-release": ("1.2.3-rc.2", "1.2.3-rc.1"),
}


@pytest.mark.parametrize(("requirement", "version"), MATCHES.values(), ids=MATCHES)
def test_takes(requirement: str, version: str) -> None:
    assert matches(requirement, version)


@pytest.mark.parametrize(("requirement", "version"), MATCHES_NOT.values(), ids=MATCHES_NOT)
def test_shuts_out(requirement: str, version: str) -> None:
    assert not matches(requirement, version)


MALFORMED = (
    "",
    "1.2,",
    "1,,2",
    "*, 1",
    "1.*.2",
    "1.2.3.4",
    "01.2",
    "v1.2",
    "1.2-rc.1",
    "1.2+b",
    "==1",
    "1 2",
    "1.2.3-01",
)


@pytest.mark.parametrize("requirement", MALFORMED)
def test_what_cargo_refuses_is_refused(requirement: str) -> None:
    with pytest.raises(MalformedRequirement, match=r"is not a version requirement\.\n  why: .*\n  next: "):
        matches(requirement, "1.2.3")
    with pytest.raises(MalformedRequirement):
        rewrite_requirement(requirement, "1.2.3")


def test_a_malformed_version_is_refused() -> None:
    with pytest.raises(MalformedVersion):
        matches("1", "1.2")


RAISED = {
    "a full version": ("1.2.3", "2.3.4", "2.3.4"),
    "two components": ("1.2", "2.3.4", "2.3"),
    "one component": ("1", "2.3.4", "2"),
    "one component that need not change": ("2", "2.3.4", "2"),
    "an explicit caret": ("^1.2.3", "2.3.4", "^2.3.4"),
    "a tilde": ("~1.2", "2.3.4", "~2.3"),
    "an exact version stays exact": ("=1.2.3", "2.3.4", "=2.3.4"),
    "the blank after an operator": ("= 1.2.3", "2.3.4", "= 2.3.4"),
    "a wildcard patch": ("1.2.*", "2.3.4", "2.3.*"),
    "a lone wildcard": ("*", "2.3.4", "*"),
    "a lower bound": (">=1.2", "2.3.4", ">=2.3"),
    "the upper bound of a list stays": (">=1.2.3, <3", "2.3.4", ">=2.3.4, <3"),
    "what is already greater stays": (">1.2", "2.3.4", ">1.2"),
    "a pre-release is written in full": ("1.2", "2.3.4-rc.1", "2.3.4-rc.1"),
    "a pre-release in place of a wildcard": ("1.*", "2.3.4-rc.1", "2.3.4-rc.1"),
    "a pre-release in place of a lone wildcard": ("*", "2.3.4-rc.1", "2.3.4-rc.1"),
    "the release after a pre-release": ("=1.2.3-rc.1", "1.2.3", "=1.2.3"),
    "build metadata is left out": ("=1.2.3", "2.3.4+linux", "=2.3.4"),
    "an upper bound that shuts the version out": (">=1.2, <2", "2.3.4", None),
    "a lone upper bound": ("<=2.3.3", "2.3.4", None),
    "a bound above the version": (">2.3.4", "2.3.4", None),
}


@pytest.mark.parametrize(("requirement", "version", "expected"), RAISED.values(), ids=RAISED)
def test_follows(requirement: str, version: str, expected: str | None) -> None:
    assert rewrite_requirement(requirement, version) == expected


_number = st.integers(0, 30)
_versions = st.builds("{}.{}.{}".format, _number, _number, _number)
_any_versions = st.builds(str.__add__, _versions, st.sampled_from(["", "", "-rc.1", "-alpha", "+b.1", "-rc.2+b"]))
_shapes = st.sampled_from(
    ["{0}.{1}.{2}", "{0}.{1}", "{0}", "^{0}.{1}.{2}", "~{0}.{1}", "={0}.{1}.{2}", "= {0}.{1}", ">={0}", "{0}.*"]
)


def _shaped(shape: str, version: str) -> str:
    return shape.format(*version.split("."))


@given(_shapes, _versions, _any_versions)
def test_what_follows_a_version_takes_it(shape: str, old: str, new: str) -> None:
    follows = rewrite_requirement(_shaped(shape, old), new)
    assert follows is not None
    assert matches(follows, new)
    assert rewrite_requirement(follows, new) == follows


@given(_shapes, _versions, _versions)
def test_there_and_back_is_nothing(shape: str, old: str, new: str) -> None:
    assert rewrite_requirement(_shaped(shape, old), new) == _shaped(shape, new)


@given(_shapes, _any_versions, _any_versions)
def test_a_raise_never_lowers(shape: str, one: str, other: str) -> None:
    low, high = sorted((one, other), key=parse)
    before = rewrite_requirement(_shaped(shape, "0.0.0"), low)
    assert before is not None
    after = rewrite_requirement(before, high)
    assert after is not None
    assert _numbers_in(after) >= _numbers_in(before)


def _numbers_in(requirement: str) -> list[int]:
    return [int(each) for each in requirement.strip("^~=> ").partition("-")[0].split(".") if each != "*"]
