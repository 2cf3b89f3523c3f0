from __future__ import annotations

import pytest

from loadmaster.planning.crates_io.packaged import JSON_LIMIT
from loadmaster.planning.crates_io.refusal import Refusal
from loadmaster.rehearsal.registry.framing import (
    Metadata,
    check_whole,
    head_length,
    read_metadata,
    tarball_length,
)
from tests.kit.packing import framed

GOOD = b'{"name":"ours","vers":"1.0.0","deps":[]}'


def test_a_body_is_read_into_metadata_and_tarball() -> None:
    metadata, rest = read_metadata(framed(GOOD, b"tar"))
    assert metadata == Metadata(name="ours", version="1.0.0")
    assert tarball_length(rest, limit=3) == 3


def test_the_head_of_a_body_is_all_before_the_crate_file_or_the_length_alone() -> None:
    body = framed(GOOD, b"tar")
    assert body[head_length(body[:4]) :] == b"tar"
    assert head_length(b"\0\0") == 4
    assert head_length((JSON_LIMIT + 1).to_bytes(4, "little")) == 4


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        pytest.param(b"", 400, "invalid metadata length", id="an empty body"),
        pytest.param(b"\0\0\0", 400, "invalid metadata length", id="a length cut short"),
        pytest.param(b"\x09\0\0\0{}", 400, "invalid metadata length for remaining payload: 9", id="metadata cut short"),
        pytest.param(b"\xff\xff\xff\xff", 413, "JSON metadata blob too large", id="metadata beyond all bounds"),
        pytest.param(
            framed(b'{"vers":"1.0.0"}', b""),
            400,
            "invalid upload request: missing field `name` at line 1 column 16",
            id="no name",
        ),
        pytest.param(
            framed(b'{"name":\n"a"}', b""),
            400,
            "invalid upload request: missing field `vers` at line 2 column 4",
            id="no version, on the second line",
        ),
        pytest.param(
            framed(b'{"name":1,"vers":"1.0.0"}', b""),
            400,
            "invalid upload request: invalid type: integer `1`, expected a string at line 1 column 9",
            id="a name that is no text",
        ),
        pytest.param(
            framed(b"[]", b""),
            400,
            "invalid upload request: invalid length 0, expected struct PublishMetadata with 4 elements"
            " at line 1 column 2",
            id="a list",
        ),
        pytest.param(
            framed(b"", b""),
            400,
            "invalid upload request: EOF while parsing a value at line 1 column 0",
            id="no metadata at all",
        ),
        pytest.param(
            framed(b"null", b""),
            400,
            "invalid upload request: invalid type: null, expected struct PublishMetadata at line 1 column 4",
            id="null",
        ),
        pytest.param(
            framed(b"{nope", b""), 400, "invalid upload request: key must be a string at line 1 column 2", id="no key"
        ),
        pytest.param(
            framed(b'{"name":"\xff"}', b""),
            400,
            "invalid upload request: invalid unicode code point at line 1 column 10",
            id="bytes that are no text",
        ),
        pytest.param(
            framed(b"{} {}", b""),
            400,
            "invalid upload request: trailing characters at line 1 column 4",
            id="two documents",
        ),
    ],
)
def test_metadata_is_refused(body: bytes, status: int, detail: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_metadata(body)
    assert (refused.value.status, refused.value.detail) == (status, detail)


@pytest.mark.parametrize(
    ("rest", "status", "detail"),
    [
        pytest.param(b"", 400, "invalid tarball length", id="nothing after the metadata"),
        pytest.param(b"\x05\0\0\0ab", 400, "invalid tarball length for remaining payload: 5", id="tarball cut short"),
        pytest.param(b"\x0b\0\0\0", 413, "max upload size is: 10", id="tarball too large"),
    ],
)
def test_a_tarball_is_refused(rest: bytes, status: int, detail: str) -> None:
    with pytest.raises(Refusal) as refused:
        check_whole(tarball_length(rest, limit=10), len(rest) - 4)
    assert (refused.value.status, refused.value.detail) == (status, detail)
