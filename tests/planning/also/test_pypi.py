"""Whether a Python package on an index is what the profile promises."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadmaster.planning.also.pypi import (
    IndexedFile,
    NotAnIndexPage,
    files_of,
    lacking,
    python_version,
    read_project,
    without_digest,
    yanked,
)
from loadmaster.planning.profile.also_released import AlsoKind, AlsoReleased

LINUX = "assay_it-5.4.0-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
MAC = "assay_it-5.4.0-cp312-cp312-macosx_11_0_arm64.whl"
OLD = "assay_it-5.3.0-cp312-cp312-macosx_11_0_arm64.whl"
SOURCE = "assay_it-5.4.0.tar.gz"


def file(name: str, **more: object) -> dict[str, object]:
    return {"filename": name, "url": f"https://files.example/{name}", "hashes": {"sha256": "0" * 64}, **more}


def page(*files: dict[str, object]) -> bytes:
    return json.dumps({"meta": {"api-version": "1.1"}, "name": "assay-it", "files": files}).encode()


def found(*files: dict[str, object], version: str = "5.4.0") -> tuple[IndexedFile, ...]:
    return files_of(read_project(page(*files)), version)


def promised(*wheels: str, sdist: bool = False) -> AlsoReleased:
    return AlsoReleased(kind=AlsoKind.PYPI, name="assay-it", wheels=wheels, sdist=sdist)


@pytest.mark.parametrize(
    ("version", "written"),
    [
        ("5.4.0", "5.4.0"),
        ("1.0.0-rc.1", "1.0.0rc1"),
        ("1.0.0-beta.2", "1.0.0b2"),
        ("1.0.0-alpha", "1.0.0a0"),
        ("1.0.0+build.5", "1.0.0+build.5"),
        ("1.0.0-nightly.2", None),
    ],
)
def test_a_version_as_python_writes_it(version: str, written: str | None) -> None:
    assert python_version(version) == written


def test_only_files_of_the_version_count_and_names_that_are_none_are_passed_over() -> None:
    files = found(file(LINUX), file(OLD), file(SOURCE), file("assay_it-5.4.0.exe"), file("x"))
    assert {each.filename for each in files} == {LINUX, SOURCE}


@pytest.mark.parametrize(
    ("wanted", "there", "lacks"),
    [
        (promised("*"), [file(LINUX)], []),
        (promised("manylinux*_x86_64", "macosx_*_arm64"), [file(LINUX), file(MAC)], []),
        (promised("manylinux*_x86_64", "macosx_*_arm64"), [file(LINUX), file(OLD)], ["a wheel for `macosx_*_arm64`"]),
        (promised("*"), [file(SOURCE)], ["a wheel"]),
        (promised("*", sdist=True), [file(LINUX)], ["the source archive"]),
        (promised("*", sdist=True), [], ["a wheel", "the source archive"]),
    ],
)
def test_what_is_lacking(wanted: AlsoReleased, there: list[dict[str, object]], lacks: list[str]) -> None:
    assert list(lacking(wanted, found(*there))) == lacks


@pytest.mark.parametrize(("said", "is_yanked"), [(False, False), (True, True), ("broken", True), ("", True)])
def test_an_empty_reason_for_yanking_counts(said: bool | str, is_yanked: bool) -> None:
    assert bool(yanked(found(file(LINUX, yanked=said)))) is is_yanked


def test_a_file_without_a_digest_is_told() -> None:
    assert without_digest(found(file(LINUX, hashes={}))) == (LINUX,)


@pytest.mark.parametrize(
    "text", [b"", b"<html>", b"[]", b'{"name": "x"}', b'{"name": "x", "files": [{"filename": 1}]}']
)
def test_what_is_no_page_is_told(text: bytes) -> None:
    with pytest.raises(NotAnIndexPage):
        read_project(text)


@given(st.text())
def test_any_version_is_read(version: str) -> None:
    python_version(version)


def test_a_profile_that_wants_nothing_of_it_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing of it would be looked at"):
        promised()
