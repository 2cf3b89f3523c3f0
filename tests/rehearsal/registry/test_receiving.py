"""Crate files on their way from the socket to the disk."""

from __future__ import annotations

import asyncio
import hashlib
import tracemalloc
from collections.abc import AsyncIterator, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from loadmaster.rehearsal.registry import NO_LIMITS, Registry, Service
from loadmaster.rehearsal.registry.receiving import Incoming, place_beside
from loadmaster.rehearsal.registry.records import Tarball
from tests.kit.packing import framed, upload
from tests.kit.registry_world import served
from tests.kit.waiting import PATIENCE

JSON = b'{"name":"ours","vers":"1.0.0"}'


async def pieces(of: Iterable[bytes]) -> AsyncIterator[bytes]:
    for each in of:
        yield each


def received(place: Path, body: Iterable[bytes], length: int) -> tuple[bytes, Tarball]:
    async def receive() -> tuple[bytes, Tarball]:
        incoming = Incoming(pieces(body))
        return await incoming.head(), await incoming.crate_file(place, length)

    return asyncio.run(receive())


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_however_a_body_is_cut_into_pieces_head_and_crate_file_are_the_same(tmp_path: Path, size: int) -> None:
    body = framed(JSON, b"the crate file")
    head, tarball = received(tmp_path / "f", [body[at : at + size] for at in range(0, len(body), size)], 14)
    assert head + (tmp_path / "f").read_bytes() == body
    assert tarball == Tarball(path=tmp_path / "f", size=14, sha256=hashlib.sha256(b"the crate file").hexdigest())


@pytest.mark.parametrize(
    ("body", "head", "length", "kept"),
    [
        pytest.param(b"", b"", 5, b"", id="nothing at all"),
        pytest.param(b"\x09\0\0\0{}", b"\x09\0\0\0{}", 5, b"", id="metadata cut short"),
        pytest.param(b"\xff\xff\xff\xff more", b"\xff\xff\xff\xff", 0, b"", id="metadata beyond all bounds"),
        pytest.param(framed(JSON, b"crate")[:-2], framed(JSON, b"crate")[:-5], 5, b"cra", id="crate file cut short"),
        pytest.param(
            framed(JSON, b"crate") + b"more", framed(JSON, b"crate")[:-5], 5, b"crate", id="more than was said"
        ),
    ],
)
def test_of_a_broken_body_nothing_is_kept_that_was_not_announced(
    tmp_path: Path, body: bytes, head: bytes, length: int, kept: bytes
) -> None:
    assert received(tmp_path / "f", [body], length)[0] == head
    assert (tmp_path / "f").read_bytes() == kept


def test_a_large_crate_file_never_is_in_memory_as_a_whole(tmp_path: Path) -> None:
    piece, number = b"x" * 65536, 128
    head = framed(JSON, b"")[:-4] + (len(piece) * number).to_bytes(4, "little")
    tracemalloc.start()
    try:
        _, tarball = received(tmp_path / "f", (each for each in [head, *[piece] * number]), len(piece) * number)
        assert tracemalloc.get_traced_memory()[1] < 1024 * 1024
    finally:
        tracemalloc.stop()
    assert tarball.size == len(piece) * number


def test_a_place_that_was_not_taken_is_cleared(tmp_path: Path) -> None:
    with place_beside(tmp_path) as kept, place_beside(tmp_path) as dropped:
        dropped.write_bytes(b"x")
        kept.rename(tmp_path / "kept")
    assert [each.name for each in tmp_path.iterdir()] == ["kept"]


def test_uploads_that_take_their_time_do_not_wait_for_each_other(tmp_path: Path) -> None:
    """None of them is done before all of them have begun."""
    number = 50
    together = asyncio.Barrier(number)

    async def sleep(seconds: float) -> None:
        if seconds:
            assert seconds == 1.5
            await asyncio.wait_for(together.wait(), PATIENCE)

    registry = Registry(tmp_path, limits=NO_LIMITS, service=Service(upload=1.5), sleep=sleep)
    with served(registry) as world, ThreadPoolExecutor(number) as pool:
        answers = list(pool.map(world.put, [upload(f"crate-{each}") for each in range(number)]))
        assert {each.status_code for each in answers} == {200}
    assert not list((tmp_path / "crates").glob(".incoming-*"))
