"""The index as of an instant, as cargo asks for it: what came later is not there, but for what the release itself brings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from loadmaster.index_as_of.view import PRESENT, PackagedBefore, index_as_of
from loadmaster.planning.registry.index_entry import line_of_crate
from loadmaster.rehearsal.registry import Registry
from tests.kit.packing import crate_file, manifest_text, upload
from tests.kit.registry_world import Served, served

THEN = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


@dataclass
class Calendar:
    now: datetime = THEN

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Served]:
    """Two versions of `units` and of `other`, the older ones a day before THEN, the newer ones after it; then a third `units`."""
    out = [
        ("units", "0.4.0", -1),
        ("other", "1.0.0", -1),
        ("units", "0.5.0", 1),
        ("units", "0.5.1", 2),
        ("other", "1.1.0", 2),
    ]
    calendar = Calendar()
    with served(Registry(tmp_path / "registry", clock=calendar)) as world:
        for name, version, days in out:
            calendar.now = THEN + timedelta(days=days)
            assert world.put(upload(name, version)).status_code == 200
        yield world


def versions(index: str, path: str) -> list[str]:
    return [json.loads(line)["vers"] for line in httpx.get(f"{index.removeprefix('sparse+')}{path}").text.splitlines()]


def test_what_came_after_the_instant_is_not_there_but_for_the_released_versions(
    registry: Served, tmp_path: Path
) -> None:
    real = f"sparse+{registry.address}/index/"
    with index_as_of(real, tmp_path / "cache", THEN, {"units": "0.5.0", "cli": "0.5.0"}) as index:
        assert versions(index, "un/it/units") == ["0.4.0", "0.5.0"]
        assert versions(index, "ot/he/other") == ["1.0.0"]
        assert httpx.get(f"{index.removeprefix('sparse+')}3/c/cli").status_code == 404
        ours, theirs = (httpx.get(f"{each.removeprefix('sparse+')}config.json").json()["dl"] for each in (index, real))
        assert ours == theirs


def test_a_file_that_is_known_costs_no_body(registry: Served, tmp_path: Path) -> None:
    with index_as_of(f"sparse+{registry.address}/index/", tmp_path / "cache", THEN, {}) as index:
        url = f"{index.removeprefix('sparse+')}ot/he/other"
        etag = httpx.get(url).headers["ETag"]
        assert httpx.get(url, headers={"If-None-Match": etag}).status_code == 304


def test_a_registry_that_does_not_answer_is_never_an_absent_crate(tmp_path: Path) -> None:
    with index_as_of("sparse+http://127.0.0.1:1/index/", tmp_path / "cache", THEN, {}) as index:
        answer = httpx.get(f"{index.removeprefix('sparse+')}ot/he/other")
    assert answer.status_code == 502
    assert "127.0.0.1:1/index/ot/he/other" in answer.text


def ours(tmp_path: Path, name: str, version: str) -> PackagedBefore:
    """A crate that is packaged, and that no registry has."""
    file = tmp_path / f"{name}-{version}.crate"
    file.write_bytes(crate_file(name, version, manifest_text(name, version, "license = 'MIT'")))
    return PackagedBefore(name=name, version=version, line=line_of_crate(file.read_bytes()), file=file)


def test_a_crate_that_is_only_packaged_is_there_with_its_file(registry: Served, tmp_path: Path) -> None:
    real, new = f"sparse+{registry.address}/index/", ours(tmp_path, "cli", "0.5.0")
    with index_as_of(real, tmp_path / "cache", PRESENT, {}, [new]) as index:
        assert versions(index, "3/c/cli") == ["0.5.0"]
        assert versions(index, "un/it/units") == ["0.4.0", "0.5.0", "0.5.1"]
        downloads = httpx.get(f"{index.removeprefix('sparse+')}config.json").json()["dl"]
        assert httpx.get(f"{downloads}/cli/0.5.0/download").content == new.file.read_bytes()
        theirs = httpx.get(f"{downloads}/units/0.5.0/download", follow_redirects=True).content
        line = httpx.get(f"{registry.address}/index/un/it/units").text.splitlines()[1]
        assert sha256(theirs).hexdigest() == json.loads(line)["cksum"]
        assert httpx.get(f"{downloads}/cli/0.6.0/download").status_code == 404
        assert httpx.get(f"{downloads}/gone/1.0.0/download").status_code == 404


def test_it_stands_in_the_place_of_what_the_registry_has_of_that_version(registry: Served, tmp_path: Path) -> None:
    new = ours(tmp_path, "units", "0.5.0")
    with index_as_of(f"sparse+{registry.address}/index/", tmp_path / "cache", PRESENT, {}, [new]) as index:
        lines = httpx.get(f"{index.removeprefix('sparse+')}un/it/units").text.splitlines()
    assert [json.loads(line)["vers"] for line in lines] == ["0.4.0", "0.5.1", "0.5.0"]
    assert lines[-1].encode() == new.line
