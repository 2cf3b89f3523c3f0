"""What may be released to for real, today: a registry on loopback that names nothing beyond it, and no forge."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from loadmaster.clients.git.command import run as run_git
from loadmaster.clients.serving import serving
from loadmaster.errors.git import SourceIncomplete
from loadmaster.errors.request import LiveWorldRefused
from loadmaster.planning.values.address import is_loopback
from loadmaster.planning.values.rates import Action
from loadmaster.run.live import live_job, require_allowed_registry
from loadmaster.run.request import LiveRequest
from loadmaster.run.store import Store
from tests.kit import repositories


def request(**fields: object) -> LiveRequest:
    plain = {"project": "demo", "version": "minor", "registry": "sparse+http://127.0.0.1:1/index/", "forge": "none"}
    return LiveRequest.model_validate(plain | fields)


def naming(api: str) -> Starlette:
    async def config(asked: Request) -> JSONResponse:
        return JSONResponse({"api": api or str(asked.base_url), "dl": f"{asked.base_url}dl"})

    return Starlette(routes=[Route("/index/config.json", config)])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    yield Store(tmp_path)


@pytest.mark.parametrize(
    "fields",
    [{"registry": None}, {"forge": None}, {"registry": "sparse+https://example.org/index/"}],
    ids=["crates.io", "a forge", "another host"],
)
def test_what_would_leave_this_machine_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(LiveWorldRefused):
        require_allowed_registry(request(**fields))


@pytest.mark.parametrize(
    ("address", "loopback"),
    [
        ("sparse+http://127.0.0.1:80/", True),
        ("http://[::1]:80/", True),
        ("http://localhost/", True),
        ("http://127.0.0.1.example.org/", False),
        ("http://localhost.example.org/", False),
        ("http://10.0.0.1/", False),
        ("nonsense", False),
    ],
)
def test_loopback_is_told_by_the_address_alone(address: str, loopback: bool) -> None:
    assert is_loopback(address) is loopback


def test_an_address_without_its_trailing_slash_is_completed() -> None:
    assert require_allowed_registry(request(registry="sparse+http://127.0.0.1:1/index")).endswith("/index/")


def test_a_loopback_index_that_sends_uploads_elsewhere_is_refused(store: Store) -> None:
    with serving(naming("https://example.org")) as address, pytest.raises(LiveWorldRefused):
        live_job(request(registry=f"sparse+{address}/index/"), store.run("one"), store)


def test_a_remote_that_is_not_on_this_machine_is_refused(store: Store) -> None:
    with serving(naming("")) as address, pytest.raises(LiveWorldRefused):
        wanted = request(registry=f"sparse+{address}/index/", repository="https://example.org/some/repository")
        live_job(wanted, store.run("one"), store)


def test_a_request_names_another_block_for_all_crates(store: Store) -> None:
    with serving(naming("")) as address:
        wanted = request(registry=f"sparse+{address}/index/", token_block="mine")
        credentials = live_job(wanted, store.run("one"), store).project.registry.credentials
    assert [credentials.block_for(action) for action in Action] == ["mine", "mine"]


def test_a_remote_that_lacks_history_is_refused_before_anything_is_copied(tmp_path: Path, store: Store) -> None:
    upstream = repositories.repository(tmp_path / "upstream", {"a": "1\n"})
    repositories.save(upstream, {"a": "2\n"})
    run_git(tmp_path, "clone", "--quiet", "--bare", "--depth=1", upstream.as_uri(), "shallow.git")
    with serving(naming("")) as address, pytest.raises(SourceIncomplete, match="lacks history"):
        wanted = request(registry=f"sparse+{address}/index/", repository=str(tmp_path / "shallow.git"))
        live_job(wanted, store.run("one"), store)
    assert not (store.root / "mirrors").exists() or not list((store.root / "mirrors").iterdir())
