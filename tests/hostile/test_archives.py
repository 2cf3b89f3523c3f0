"""Archives that are small and unpack to more than a machine has: an error or a gate's answer, soon, in little memory."""

from __future__ import annotations

import gzip
import io
import lzma
import tarfile
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from loadmaster.errors.base import LoadmasterError
from loadmaster.planning.crates_io.packaged import judge
from loadmaster.planning.gates.lists import read_events
from loadmaster.planning.registry.crate_file import read_crate
from loadmaster.planning.smoke.archive import take_program
from loadmaster.planning.values.yaml_text import NotYaml
from tests.kit.hostile_server import bomb
from tests.kit.packed import tarred

MOST_MIB, MOST_SECONDS = 200, 15.0
MANIFEST = b'[package]\nname = "core"\nversion = "1.0.0"\n'


def _tar(*entries: tuple[tarfile.TarInfo, bytes], size: int | None = None) -> bytes:
    """The last entry's header says that it has `size`, whatever it has."""
    packed = bytearray(tarred(*entries))
    if size is not None:
        at = sum(512 + -(-len(content) // 512) * 512 for _, content in entries[:-1])
        header = packed[at : at + 512]
        header[124:136] = tarfile.itn(size, 12, tarfile.GNU_FORMAT)  # type: ignore[attr-defined]
        header[148:156] = b" " * 8
        header[148:156] = b"%06o\0 " % sum(header)
        packed[at : at + 512] = header
    return bytes(packed)


def _entry(name: str, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(f"core-1.0.0/{name}")
    entry.type = kind
    return entry


SOUND = (_entry("Cargo.toml"), MANIFEST)


def _many() -> bytes:
    header = _entry("a").tobuf(tarfile.GNU_FORMAT)
    return tarred(SOUND)[:1024] + header * 100_000 + bytes(1024)


def _attributes(kind: bytes) -> bytes:
    head = _tar((_entry("x", kind), b""), size=300 * 1024 * 1024)[:512]
    return head + b" " * (300 * 1024 * 1024)


def _sparse() -> bytes:
    """A GNU sparse file whose list of pieces has no end."""
    header = bytearray(_entry("x", tarfile.GNUTYPE_SPARSE).tobuf(tarfile.GNU_FORMAT))
    header[482] = 1
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    piece = b"%011o\0" % 1 * 2
    return bytes(header) + (piece * 21 + b"\1" + bytes(7)) * 300_000


def _pax(records: str) -> bytes:
    content = records.encode()
    return _tar((_entry("PaxHeaders/x", tarfile.XHDTYPE), content))[: 512 + -(-len(content) // 512) * 512] + tarred(
        SOUND
    )


def _record(key: str, value: str) -> str:
    rest = f" {key}={value}\n"
    size = len(rest) + len(str(len(rest) + 2))
    return f"{size}{rest}"


def _sparse_by_attributes() -> bytes:
    records = _record("GNU.sparse.major", "1") + _record("GNU.sparse.minor", "0")
    return gzip.compress(_pax(records) + b"9" * 2**20, 1)


def _zip(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("core-1.0.0/tool", content)
    return packed.getvalue()


ARCHIVES: Mapping[str, Callable[[], bytes]] = {
    "a gzip bomb": lambda: b"".join(bomb(1)),
    "a file of gigabytes": lambda: gzip.compress(
        _tar((_entry("x"), b""), size=8 * 2**30)[:512] + bytes(600 * 2**20), 1
    ),
    "100 000 entries": lambda: gzip.compress(_many(), 1),
    "a name of 300 MiB": lambda: gzip.compress(_attributes(tarfile.GNUTYPE_LONGNAME), 1),
    "attributes of 300 MiB": lambda: gzip.compress(_attributes(tarfile.XHDTYPE), 1),
    "a sparse file of endless pieces": lambda: gzip.compress(_sparse(), 1),
    "a sparse file by attributes": _sparse_by_attributes,
    "a size below zero": lambda: gzip.compress(_tar(SOUND, (_entry("x"), b""), size=-512)),
    "a size below zero by attributes": lambda: gzip.compress(_pax(_record("size", "-1024"))),
    "a size that is no number": lambda: gzip.compress(_pax(_record("size", "9" * 5000))),
    "a path out of it": lambda: gzip.compress(tarred(SOUND, (_entry("../../x"), b""))),
    "a link": lambda: gzip.compress(tarred(SOUND, (_entry("x", tarfile.SYMTYPE), b""))),
    "a device": lambda: gzip.compress(tarred(SOUND, (_entry("x", tarfile.CHRTYPE), b""))),
    "xz of zeros": lambda: lzma.compress(_tar((_entry("x"), b""), size=2**31)[:512] + bytes(300 * 2**20), preset=0),
    "a zip of zeros": lambda: _zip(bytes(300 * 2**20)),
}


def _memory_mib(field: str) -> float:
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{field}:"))


def _bounded(read: Callable[[], object]) -> object:
    """What `read` gives, or its error; both in bounds."""
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
    before, begun = _memory_mib("VmRSS"), time.process_time()
    try:
        given = read()
    except LoadmasterError as error:
        given = error
    assert time.process_time() - begun < MOST_SECONDS
    assert _memory_mib("VmHWM") - before < MOST_MIB
    return given


@pytest.mark.parametrize("what", ARCHIVES)
def test_an_archive_that_means_harm_is_refused_by_each_reader(what: str) -> None:
    archive = ARCHIVES[what]()
    if what != "a size that is no number":
        assert isinstance(_bounded(lambda: read_crate(archive, "x", keep=("Cargo.toml",))), LoadmasterError)
    judged = _bounded(lambda: judge(archive, "core", "1.0.0"))
    assert getattr(judged, "problems", ()) != ()
    assert isinstance(_bounded(lambda: take_program("x", archive, "tool")), LoadmasterError)


def test_the_sound_one_is_taken() -> None:
    """Else the test above would show nothing."""
    sound = gzip.compress(tarred(SOUND, (_entry("tool"), b"x")))
    assert set(read_crate(sound, "x").files) == {"Cargo.toml", "tool"}
    assert take_program("x", sound, "tool") == b"x"
    assert not [problem for problem in judge(sound, "core", "1.0.0").problems if "tarball" in problem]


@pytest.mark.parametrize(
    "text",
    [
        "on: " + "[" * 100_000 + "]" * 100_000,
        "on: " + "{a: " * 100_000,
        "a0: &a0 [x, x]\n"
        + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))
        + "on: *a29",
        "a0: &a0 {k: 1}\n"
        + "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 40))
        + "on: *a39",
        "on: &a [*a]",
        "on: " + "9" * 5000,
        "on: 2001-99-99",
        "on: !!int x",
        "- " * 600_000,
    ],
    ids=[
        "deep lists",
        "deep tables",
        "aliases of aliases",
        "merged aliases",
        "itself",
        "a number",
        "a day",
        "a tag",
        "long",
    ],
)
def test_yaml_that_means_harm_is_refused(text: str) -> None:
    with pytest.raises(NotYaml):
        _bounded(lambda: read_events(text))
