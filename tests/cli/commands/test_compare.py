"""`loadmaster compare`, as a program: against a registry that answers, and against what else may answer in its place."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from loadmaster.clients.serving import serving
from tests.kit.packing import body, crate_file, manifest_text, packed
from tests.kit.registry_world import Served
from tests.kit.running import Ran, index_of, loadmaster

OURS = crate_file("foo-bar", "1.0.0")


def compare(home: Path, crate: bytes, index: str, *options: str) -> Ran:
    """The file's own name tells nothing."""
    file = home.with_name("anything.bin")
    file.write_bytes(crate)
    return loadmaster(home, "compare", str(file), "--registry", index, *options)


def changed(crate: str = "foo-bar", version: str = "1.0.0") -> bytes:
    root = f"{crate}-{version}"
    return packed({f"{root}/Cargo.toml": manifest_text(crate, version), f"{root}/src/lib.rs": "fn other() {}"})


ANSWERED: tuple[tuple[str, bytes, str, int, list[str]], ...] = (
    ("the same bytes", OURS, "same", 0, []),
    ("another gzip", gzip.compress(gzip.decompress(OURS), 1, mtime=7), "equivalent", 0, []),
    ("another source file", changed(), "different", 1, ["src/lib.rs"]),
    ("another version", crate_file("foo-bar", "1.0.1"), "absent", 3, []),
    ("a name that nobody has", crate_file("foo-baz", "1.0.0"), "absent", 3, []),
    ("the same name in another spelling", crate_file("Foo_bar", "1.0.0"), "different", 1, ["."]),
    ("the same version with build metadata", crate_file("foo-bar", "1.0.0+a"), "different", 1, ["."]),
)


@pytest.mark.parametrize(
    ("crate", "state", "code", "differs"), [row[1:] for row in ANSWERED], ids=[row[0] for row in ANSWERED]
)
def test_what_a_registry_has(
    home: Path, world: Served, crate: bytes, state: str, code: int, differs: list[str]
) -> None:
    assert world.put(body(OURS, "foo-bar")).status_code == 200
    ran = compare(home, crate, index_of(world), "--json")
    assert (ran.code, ran.document["state"]) == (code, state)
    assert ran.document.keys() == {"crate", "version", "state", "code", "differs", "why"}
    assert [each["path"] for each in ran.document["differs"]] == differs
    assert all(each.keys() == {"path", "how"} for each in ran.document["differs"])
    assert [each.status for each in world.registry.uploads()] == [200]


def test_a_person_is_told_what_differs(home: Path, world: Served) -> None:
    assert world.put(body(OURS, "foo-bar")).status_code == 200
    ran = compare(home, changed(), index_of(world).rstrip("/"))
    assert ran.out == (
        "foo-bar@1.0.0: different (these differ, and packaging cannot change them: `src/lib.rs`)\n"
        "  src/lib.rs: 13 bytes here, 0 there\n"
    )


def test_a_yanked_version_is_there(home: Path, world: Served) -> None:
    assert world.put(body(OURS, "foo-bar")).status_code == 200
    world.client.delete("/api/v1/crates/foo-bar/1.0.0/yank", headers={"Authorization": world.token})
    ran = compare(home, OURS, index_of(world))
    assert (ran.code, ran.out) == (0, "foo-bar@1.0.0: same (the bytes are equal; the registry's is yanked)\n")


# --- what answers in a registry's place ------------------------------------------------------------------------------

LINE: dict[str, Any] = {"name": "foo-bar", "vers": "1.0.0", "deps": [], "cksum": "0" * 64, "features": {}}


def line(**fields: Any) -> Response:
    return PlainTextResponse(json.dumps(LINE | fields) + "\n")


UNUSABLE: tuple[tuple[str, Callable[[], Response], bytes, str], ...] = (
    ("a page", lambda: HTMLResponse("<html>Sign in</html>"), b"", "not one of a sparse index"),
    ("errors with 200", lambda: JSONResponse({"errors": [{"detail": "no"}]}), b"", "not one of a sparse index"),
    ("an empty body", lambda: PlainTextResponse(""), b"", "the answer is empty"),
    ("no checksum", lambda: line(cksum=None), b"", "not one of a sparse index"),
    ("a redirect loop", lambda: RedirectResponse("/fo/o-/foo-bar"), b"", "TooManyRedirects"),
    ("no permission", lambda: PlainTextResponse("", status_code=403), b"", "status 403"),
    ("read-only mode", lambda: PlainTextResponse("", status_code=503), b"", "status 503"),
    ("a file that is not the index's", lambda: line(), changed(), "the file that the registry serves has"),
    (
        "a page for a file",
        lambda: line(cksum=hashlib.sha256(b"<html>").hexdigest()),
        b"<html>",
        "registry's `.crate` of",
    ),
)


@pytest.mark.parametrize(("answer", "file", "why"), [row[1:] for row in UNUSABLE], ids=[row[0] for row in UNUSABLE])
def test_what_cannot_be_known_is_unknown_and_never_absent(
    home: Path, answer: Callable[[], Response], file: bytes, why: str
) -> None:
    async def config(request: Request) -> Response:
        return JSONResponse({"dl": f"http://{request.url.netloc}/files", "api": f"http://{request.url.netloc}"})

    async def index(request: Request) -> Response:
        return answer()

    async def download(request: Request) -> Response:
        return Response(file)

    routes = [
        Route("/config.json", config),
        Route("/files/foo-bar/1.0.0/download", download),
        Route("/fo/o-/foo-bar", index),
    ]
    with serving(Starlette(routes=routes)) as address:
        ran = compare(home, OURS, address, "--json")
    assert (ran.code, ran.document["state"], ran.document["differs"]) == (4, "unknown", [])
    assert why in ran.document["why"]


def test_a_registry_that_is_not_there_is_unknown(home: Path) -> None:
    with serving(Starlette()) as address:
        gone = address
    ran = compare(home, OURS, gone)
    assert ran.code == 4
    assert ran.out.startswith(f"foo-bar@1.0.0: unknown (The registry gave no usable answer at `{gone}/fo/o-/foo-bar`")


# --- what is no crate ------------------------------------------------------------------------------------------------

BROKEN = (
    ("it is cut short", OURS[: len(OURS) // 2], "not a whole gzip file"),
    ("it is empty", b"", "is broken"),
    ("it is something else", b"#!/bin/sh\n", "not a whole gzip file"),
    ("it holds no manifest", packed({"foo-bar-1.0.0/src/lib.rs": ""}), "it holds no `Cargo.toml`"),
    ("its manifest is none", packed({"foo-bar-1.0.0/Cargo.toml": "[package]\n"}), "not one that cargo packaged"),
)


@pytest.mark.parametrize(("crate", "why"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_a_file_is_no_crate_if(home: Path, world: Served, crate: bytes, why: str) -> None:
    ran = compare(home, crate, index_of(world), "--json")
    assert ran.code == 2
    assert ran.document["outcome"] == "failed"
    assert why in ran.document["failure"]["what"]


def test_a_file_that_is_not_there_is_told_as_such(home: Path, world: Served) -> None:
    ran = loadmaster(home, "compare", "nowhere.crate", "--registry", index_of(world))
    assert ran.code == 2
    assert "`nowhere.crate` cannot be compared. No such file or directory" in ran.err
