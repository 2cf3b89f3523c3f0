from __future__ import annotations

import gzip
import io
import tarfile

import pytest

from loadmaster.planning.crates_io.refusal import Refusal
from loadmaster.planning.crates_io.tarball import unpack
from tests.kit.packing import crate_file, packed, packed_entries

LIMIT = 1024 * 1024
MANIFEST = "[package]"
MALFORMED = "uploaded tarball is malformed or too large when decompressed"


def test_a_crate_file_is_read() -> None:
    contents = unpack(packed({"ours-1.0.0/Cargo.toml": MANIFEST, "ours-1.0.0/src/é.rs": ""}), "ours-1.0.0", LIMIT)
    assert contents.manifest == MANIFEST
    assert contents.paths == ("Cargo.toml", "src/é.rs")


def test_a_manifest_further_down_is_a_file_like_any_other() -> None:
    files = {"ours-1.0.0/cargo.toml": MANIFEST, "ours-1.0.0/sub/Cargo.toml": "other", "ours-1.0.0/x": ""}
    assert unpack(packed(files), "ours-1.0.0", LIMIT).manifest == MANIFEST


def with_pax_size(declared: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        entry = tarfile.TarInfo("ours-1.0.0/Cargo.toml")
        entry.size, entry.pax_headers = 2, {"size": declared}
        archive.addfile(entry, io.BytesIO(b"ab"))
    return gzip.compress(buffer.getvalue())


def garbage_after_the_first_entry() -> bytes:
    data = bytearray(gzip.decompress(crate_file()))
    data[1024:1536] = b"x" * 512
    return gzip.compress(bytes(data))


def with_entry(kind: bytes) -> bytes:
    return packed_entries([("ours-1.0.0/Cargo.toml", MANIFEST, tarfile.REGTYPE), ("ours-1.0.0/odd", "", kind)])


def odd(kind: str) -> str:
    return f"unexpected tar entry type {kind} found: ours-1.0.0/odd"


MISSING = "uploaded tarball is missing a `Cargo.toml` manifest file"


@pytest.mark.parametrize(
    ("tarball", "detail"),
    [
        pytest.param(b"garbage", MALFORMED, id="no gzip"),
        pytest.param(gzip.compress(b"garbage" * 200), MALFORMED, id="no tar"),
        pytest.param(crate_file()[:-20], MALFORMED, id="gzip cut short"),
        pytest.param(gzip.compress(gzip.decompress(crate_file())[:600]), MALFORMED, id="tar cut short"),
        pytest.param(gzip.compress(b"\0" * (LIMIT + 1)), MALFORMED, id="larger than allowed when decompressed"),
        pytest.param(garbage_after_the_first_entry(), MALFORMED, id="garbage after the first entry"),
        pytest.param(with_pax_size("3"), "uploaded tarball is malformed", id="two sizes for one file"),
        pytest.param(gzip.compress(b""), MISSING, id="nothing in the gzip"),
        pytest.param(packed({"ours-1.0.0/src/lib.rs": ""}), MISSING, id="no manifest"),
        pytest.param(
            packed({"ours-1.0.0/CARGO.toml": MANIFEST}),
            f"{MISSING}; `CARGO.toml` was found, but must be named `Cargo.toml` with that exact casing",
            id="a manifest spelled otherwise",
        ),
        pytest.param(
            packed({"ours-1.0.0/cargo.toml": MANIFEST, "ours-1.0.0/Cargo.toml": MANIFEST}),
            "uploaded tarball contains more than one `Cargo.toml` manifest file; found `Cargo.toml`, `cargo.toml`",
            id="two manifests",
        ),
        pytest.param(packed({"Cargo.toml": MANIFEST}), "invalid path found: Cargo.toml", id="no directory"),
        pytest.param(packed({"other-1.0.0/x": ""}), "invalid path found: other-1.0.0/x", id="another directory"),
        pytest.param(packed({"/etc/x": ""}), "invalid path found: /etc/x", id="an absolute path"),
        pytest.param(
            packed({"ours-1.0.0/../x": ""}), "invalid path found: ours-1.0.0/../x", id="a path that leads out"
        ),
        pytest.param(with_entry(tarfile.SYMTYPE), odd("Symlink"), id="a symbolic link"),
        pytest.param(with_entry(tarfile.LNKTYPE), odd("Link"), id="a hard link"),
        pytest.param(with_entry(tarfile.FIFOTYPE), odd("Fifo"), id="a fifo"),
        pytest.param(with_entry(b"Z"), odd("Other(90)"), id="a type nobody knows"),
    ],
)
def test_a_crate_file_is_refused(tarball: bytes, detail: str) -> None:
    with pytest.raises(Refusal) as refused:
        unpack(tarball, "ours-1.0.0", LIMIT)
    assert (refused.value.status, refused.value.detail) == (400, detail)


def test_a_manifest_that_is_no_text_is_the_servers_fault_as_on_crates_io() -> None:
    with pytest.raises(Refusal) as refused:
        unpack(packed({"ours-1.0.0/Cargo.toml": b"\xff\xfe"}), "ours-1.0.0", LIMIT)
    assert (refused.value.status, refused.value.detail) == (500, "Internal Server Error")
