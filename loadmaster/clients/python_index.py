"""A Python package index, asked by its simple API (PEP 503, PEP 691). It asks once, with no credential.

It refuses to know what a project should have.
"""

from __future__ import annotations

import importlib
import os
import re

import httpx

from loadmaster.clients import bounded
from loadmaster.clients.bounded import AnswerRefused
from loadmaster.errors.also import PackageIndexUnknown, PackageIndexUnreachable
from loadmaster.planning.also.pypi import IndexedProject, NotAnIndexPage, read_project

_JSON = "application/vnd.pypi.simple.v1+json"


def default_index(package: str) -> str:
    """The address that pip itself takes. Raises `PackageIndexUnknown`."""
    if address := os.environ.get("PIP_INDEX_URL"):
        return address
    try:
        index = importlib.import_module("pip._internal.models.index")
    except ImportError as error:
        raise PackageIndexUnknown(package) from error
    return str(index.PyPI.simple_url)


def project(index: str, name: str, transport: httpx.BaseTransport | None = None) -> IndexedProject | None:
    """The project with all its files; None if the index has none of that name. Raises `PackageIndexUnreachable`."""
    address = f"{index.rstrip('/')}/{re.sub(r'[-_.]+', '-', name).lower()}/"
    shown = str(httpx.URL(address).copy_with(username="", password="", query=None))
    try:
        with bounded.Client(transport=transport, timeout=60.0, follow_redirects=True) as client:
            answer = client.get(
                address, headers={"Accept": _JSON, "User-Agent": "loadmaster", "Cache-Control": "no-cache"}
            )
    except (AnswerRefused, httpx.HTTPError, httpx.InvalidURL) as error:
        raise PackageIndexUnreachable(shown, str(error) or type(error).__name__) from error
    if answer.status_code == httpx.codes.NOT_FOUND:
        return None
    if not answer.is_success:
        raise PackageIndexUnreachable(shown, f"status {answer.status_code}")
    try:
        return read_project(answer.content)
    except NotAnIndexPage as error:
        raise PackageIndexUnreachable(shown, f"no answer of the simple API in JSON: {error}") from error
