"""The package index for Python: what pip gets from it, and what it says to uploads."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from loadmaster.clients.serving import serving
from loadmaster.rehearsal.python_index import PythonIndex
from loadmaster.rehearsal.works.wheels import wheel

WHEN = datetime(2026, 10, 1, tzinfo=UTC)
JSON = {"Accept": "application/vnd.pypi.simple.v1+json"}


class Indexed(NamedTuple):
    python: PythonIndex
    address: str

    def upload(
        self, name: str = "Hangar_Wing", version: str = "1.0.0", content: bytes | None = None, **fields: str
    ) -> httpx.Response:
        filename, made = wheel(name, version)
        form = {":action": "file_upload", "name": name, "version": version, **fields}
        files = {"content": (fields.pop("filename", filename), content or made)}
        return httpx.post(f"{self.address}/legacy/", data=form, files=files, auth=("__token__", "t0ken"))


@pytest.fixture
def indexed(tmp_path: Path) -> Iterator[Indexed]:
    index = PythonIndex(tmp_path / "python", token="t0ken", clock=lambda: WHEN)
    with serving(Starlette(routes=[Mount("/python", index.app())])) as address:
        yield Indexed(index, f"{address}/python")


def test_pip_installs_what_was_uploaded(indexed: Indexed, tmp_path: Path) -> None:
    assert indexed.upload().status_code == 200
    command = [sys.executable, "-m", "pip", "install", "--index-url", f"{indexed.address}/simple", "--no-cache-dir"]
    command += ["--isolated", "--disable-pip-version-check", "--target", str(tmp_path / "target"), "hangar-wing==1.0.0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "target" / "hangar_wing" / "__init__.py").read_text() == '__version__ = "1.0.0"\n'


def test_a_yanked_version_is_taken_only_by_its_exact_number(indexed: Indexed, tmp_path: Path) -> None:
    indexed.upload()
    indexed.upload(version="1.1.0")
    indexed.python.yank("hangar.wing", "1.1.0", "broken")
    shown = httpx.get(f"{indexed.address}/simple/hangar-wing/", headers=JSON).json()
    assert [each["yanked"] for each in shown["files"]] == [False, "broken"]
    assert 'data-yanked="broken"' in httpx.get(f"{indexed.address}/simple/hangar-wing/").text


def test_the_simple_api_in_json(indexed: Indexed) -> None:
    indexed.upload()
    assert httpx.get(f"{indexed.address}/simple/", headers=JSON).json()["projects"] == [{"name": "hangar-wing"}]
    moved = httpx.get(f"{indexed.address}/simple/Hangar_Wing/")
    assert moved.headers["location"] == f"{indexed.address}/simple/hangar-wing/"
    page = httpx.get(f"{indexed.address}/simple/hangar-wing/", headers=JSON)
    assert page.headers["content-type"] == JSON["Accept"]
    shown = page.json()
    assert (shown["versions"], shown["meta"]["api-version"]) == (["1.0.0"], "1.1")
    (file,) = shown["files"]
    assert file["upload-time"] == "2026-10-01T00:00:00.000000Z"
    assert len(httpx.get(file["url"]).content) == file["size"]
    assert httpx.get(f"{indexed.address}/simple/other/").status_code == 404


def test_pypi_s_own_json(indexed: Indexed) -> None:
    indexed.upload()
    shown = httpx.get(f"{indexed.address}/pypi/hangar.wing/1.0.0/json").json()
    assert (shown["info"]["name"], shown["info"]["version"]) == ("Hangar_Wing", "1.0.0")
    assert shown["urls"][0]["digests"]["sha256"] == indexed.python.files()[0].sha256
    assert list(httpx.get(f"{indexed.address}/pypi/hangar-wing/json").json()["releases"]) == ["1.0.0"]
    assert httpx.get(f"{indexed.address}/pypi/hangar-wing/2.0.0/json").status_code == 404


def test_a_file_is_given_once_and_the_same_bytes_are_no_error(indexed: Indexed) -> None:
    assert [indexed.upload().status_code for _ in range(2)] == [200, 200]
    other = indexed.upload(content=b"other\r\nbytes\n\x00\r")
    assert (other.status_code, "File already exists" in other.text) == (400, True)
    assert len(indexed.python.files()) == 1


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"version": "2.0.0", "filename": "hangar_wing-1.0.0-py3-none-any.whl"}, "Version in filename should be"),
        ({"filename": "other-1.0.0-py3-none-any.whl"}, "Start filename for"),
        ({"filename": "hangar_wing.exe"}, "Invalid distribution file"),
        ({"sha256_digest": "0" * 64}, "The digest supplied does not match"),
        ({"name": "-"}, "is an invalid value for Name"),
    ],
    ids=str,
)
def test_a_wrong_upload_is_refused(indexed: Indexed, fields: dict[str, str], told: str) -> None:
    name = fields.pop("name", "Hangar_Wing")
    filename, made = wheel("Hangar_Wing", "1.0.0")
    form = {":action": "file_upload", "name": name, "version": fields.pop("version", "1.0.0")}
    files = {"content": (fields.pop("filename", filename), made)}
    refused = httpx.post(
        f"{indexed.address}/legacy/", data=form | fields, files=files, headers={"Authorization": "Bearer t0ken"}
    )
    assert refused.status_code == 400
    assert told in refused.text


def test_binary_content_comes_through_the_form(indexed: Indexed) -> None:
    content = bytes(range(256)) * 3 + b"\r\n--\n\r"
    assert indexed.upload(content=content).status_code == 200
    (file,) = httpx.get(f"{indexed.address}/simple/hangar-wing/", headers=JSON).json()["files"]
    assert httpx.get(file["url"]).content == content


def test_a_stranger_uploads_nothing(indexed: Indexed) -> None:
    assert httpx.post(f"{indexed.address}/legacy/", data={":action": "file_upload"}).status_code == 403
    assert indexed.python.files() == ()
