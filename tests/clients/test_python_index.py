"""The simple API, as PyPI itself gives it, and what an index in trouble is told as."""

from __future__ import annotations

import httpx
import pytest

from loadmaster.clients import python_index
from loadmaster.errors.also import PackageIndexUnreachable
from loadmaster.planning.also.pypi import files_of, lacking
from loadmaster.planning.profile.also_released import AlsoKind, AlsoReleased

INDEX = "https://index.example/simple/"


def asked(answer: httpx.Response) -> object:
    return python_index.project(INDEX, "Assay_It", httpx.MockTransport(lambda _request: answer))


def test_pypi_itself_is_read_and_a_version_that_is_there_is_whole() -> None:
    index = python_index.default_index("tomlkit")
    project = python_index.project(index, "TomlKit")
    assert project is not None
    files = files_of(project, "0.13.2")
    wanted = AlsoReleased(kind=AlsoKind.PYPI, name="tomlkit", wheels=("any",), sdist=True)
    assert len(files) == 2
    assert list(lacking(wanted, files)) == []
    assert files_of(project, "999.0") == ()


def test_a_name_that_nobody_has_is_no_error() -> None:
    assert python_index.project(python_index.default_index("x"), "loadmaster-has-no-such-package-404") is None


def test_the_name_is_normalised_and_json_asked_for() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/simple/assay-it/"
        assert request.headers["Accept"] == "application/vnd.pypi.simple.v1+json"
        return httpx.Response(200, json={"name": "assay-it", "files": []})

    assert python_index.project(INDEX, "Assay_It", httpx.MockTransport(handler)) is not None


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(503),
        httpx.Response(403, text="<html>sign in</html>"),
        httpx.Response(200, text="<!DOCTYPE html><a href='x'>x</a>"),
    ],
    ids=["it is down", "a proxy asks for a password", "it knows no JSON"],
)
def test_an_index_in_trouble_is_waited_for(answer: httpx.Response) -> None:
    with pytest.raises(PackageIndexUnreachable):
        asked(answer)


def test_no_password_of_an_address_is_told() -> None:
    def fails(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route")

    with pytest.raises(PackageIndexUnreachable) as caught:
        python_index.project("https://ada:s3cret@index.example/simple", "x", httpx.MockTransport(fails))
    assert "s3cret" not in str(caught.value)
