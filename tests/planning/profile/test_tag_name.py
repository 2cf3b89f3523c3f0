"""From a version to its tag, and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadmaster.planning.profile.tag_name import SPELLINGS, package_version_in, spelled, tag_name, version_in

NAMES = [
    ("v{version}", "1.2.0", "v1.2.0"),
    ("v{version}", "1.2.0+spec-3", "v1.2.0+spec-3"),
    ("v{plain}", "1.2.0+spec-3", "v1.2.0"),
    ("{short}", "0.29.0", "0.29"),
    ("{short}", "0.28.1", "0.28.1"),
    ("{short}", "0.29.0-rc.1", "0.29.0-rc.1"),
    ("{short}", "0.29.0+b.1", "0.29"),
    ("{short}", "1.0.0", "1.0"),
    ("{short}", "1.0.10", "1.0.10"),
    ("{name}-v{short}", "2026.11.0", "wing-v2026.11"),
    ("{name}/{version}-final", "1.0.0", "wing/1.0.0-final"),
]


@pytest.mark.parametrize(("pattern", "version", "tag"), NAMES)
def test_the_tag_of_a_version(pattern: str, version: str, tag: str) -> None:
    assert tag_name(pattern, "wing", version) == tag


BACK = [
    ("v1.2.0", "v{version}", "1.2.0"),
    ("0.29", "{short}", "0.29.0"),
    ("0.29.1", "{short}", "0.29.1"),
    ("v1", "v{version}", "1"),
    ("v1.2", "v{version}", "1.2"),
    ("wing-1.2.0", "v{version}", None),
    ("v", "v{version}", None),
    ("tail-v1.0.0", "{name}-v{version}", None),
]


@pytest.mark.parametrize(("tag", "pattern", "text"), BACK)
def test_the_version_of_a_tag(tag: str, pattern: str, text: str | None) -> None:
    assert version_in(tag, pattern, "wing") == text


OF_ANY_PACKAGE = [
    ("v1.2.0", "v{version}", "1.2.0"),
    ("0.29", "{short}", "0.29.0"),
    ("tower-timeout-0.3.0-alpha.1", "{name}-{version}", "0.3.0-alpha.1"),
    ("rayon-core-v1.13.0", "{name}-v{version}", "1.13.0"),
    ("wing-2-1.0.0", "{name}-{version}", "1.0.0"),
    ("wing-v1.0.0", "{name}-{version}", None),
    ("-1.0.0", "{name}-{version}", None),
    ("nightly-2026-11-30", "{name}-{version}", None),
    ("1x2.0", "1.{version}", None),
    ("v1.0.0", "v", None),
]


@pytest.mark.parametrize(("tag", "pattern", "text"), OF_ANY_PACKAGE)
def test_the_version_of_a_tag_of_any_package(tag: str, pattern: str, text: str | None) -> None:
    assert package_version_in(tag, pattern) == text


VERSIONS = st.builds(
    "{}.{}.{}{}{}".format,
    st.integers(0, 3000),
    st.integers(0, 40),
    st.integers(0, 12),
    st.sampled_from(["", "-rc.1", "-alpha.0"]),
    st.sampled_from(["", "+spec-1", "+b.7.0"]),
)


@given(VERSIONS, st.sampled_from(SPELLINGS), st.sampled_from(["v{}", "{{name}}-{}", "{}-final", "release/{}"]))
def test_a_tag_leads_back_to_its_version(version: str, spelling: str, around: str) -> None:
    pattern = around.format(f"{{{spelling}}}")
    expected = version if spelling == "version" else spelled(version)["plain"]
    assert version_in(tag_name(pattern, "wing", version), pattern, "wing") == expected
