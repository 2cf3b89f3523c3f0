from __future__ import annotations

import gzip
import tarfile
from collections.abc import Mapping

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from loadmaster.errors.cargo import CrateFileBroken
from loadmaster.planning.registry.compare import VCS_INFO, Comparison, compare
from loadmaster.planning.registry.crate_file import read_crate
from loadmaster.planning.registry.embedded_lock import LOCKFILE
from loadmaster.planning.values.state import ObjectState
from tests.kit.packed import MANIFEST, ROOT, entry, packed, tarred

OURS = "https://github.com/rust-lang/crates.io-index"


def lockfile(*packages: tuple[str, str, str], form: int = 4, registry: str = OURS) -> bytes:
    text = f'# made by cargo\nversion = {form}\n[[package]]\nname = "hangar"\nversion = "0.4.0"\n'
    for name, version, checksum in packages:
        text += f'[[package]]\nname = "{name}"\nversion = "{version}"\n'
        text += f'source = "registry+{registry}"\nchecksum = "{checksum}"\n'
    return text.encode()


def vcs(commit: str, *, dirty: bool = False) -> bytes:
    state = ', "dirty": true' if dirty else ""
    return f'{{"git": {{"sha1": "{commit}"{state}}}, "path_in_vcs": "crates/hangar"}}'.encode()


FILES: Mapping[str, bytes] = {
    "Cargo.toml": MANIFEST,
    "src/lib.rs": b"//! A hangar.\n",
    "tests/Cargo.lock": b"another",
    VCS_INFO: vcs("1" * 40),
    LOCKFILE: lockfile(("hangar-core", "0.4.0", "a" * 64)),
}

ALLOWED: Mapping[str, tuple[Mapping[str, bytes | None], Mapping[str, str]]] = {
    "another commit": (
        {VCS_INFO: vcs("2" * 40, dirty=True)},
        {VCS_INFO: "commit 111111111111 here, commit 222222222222, dirty there"},
    ),
    "no commit at all": ({VCS_INFO: b"{}"}, {VCS_INFO: "commit 111111111111 here, no commit there"}),
    "a commit file that is anything": ({VCS_INFO: b"\xff[["}, {VCS_INFO: "commit 111111111111 here, no commit there"}),
    "packaged outside git": ({VCS_INFO: None}, {VCS_INFO: "only here"}),
    "packaged without a lockfile": ({LOCKFILE: None}, {LOCKFILE: "only here"}),
    "a newer sibling": (
        {LOCKFILE: lockfile(("hangar-core", "0.4.7", "b" * 64))},
        {LOCKFILE: "`hangar-core` 0.4.0 here, 0.4.7 there"},
    ),
    "a sibling with other bytes": (
        {LOCKFILE: lockfile(("hangar-core", "0.4.0", "b" * 64))},
        {LOCKFILE: "`hangar-core` 0.4.0: checksum aaaaaaaaaaaa here, bbbbbbbbbbbb there"},
    ),
    "a sibling that needs one more, in an older format": (
        {LOCKFILE: lockfile(("hangar-core", "0.4.0", "a" * 64), ("serde", "1.0.9", "c" * 64), form=3)},
        {LOCKFILE: "lockfile format 4 here, 3 there; `serde` not here, 1.0.9 there"},
    ),
    "a second version of a sibling": (
        {LOCKFILE: lockfile(("hangar-core", "0.3.1", "d" * 64), ("hangar-core", "0.4.0", "a" * 64))},
        {LOCKFILE: "`hangar-core` not here, 0.3.1 there"},
    ),
    "a lockfile with another comment": (
        {LOCKFILE: b"# by another cargo\n" + FILES[LOCKFILE]},
        {LOCKFILE: "the same packages, written differently"},
    ),
    "both files": (
        {LOCKFILE: None, VCS_INFO: None},
        {VCS_INFO: "only here", LOCKFILE: "only here"},
    ),
}

FOREIGN: Mapping[str, tuple[Mapping[str, bytes | None], Mapping[str, str]]] = {
    "a changed source file": ({"src/lib.rs": b"//! A shed.\n"}, {"src/lib.rs": "14 bytes here, 12 there"}),
    "a changed letter": ({"src/lib.rs": b"//! B hangar.\n"}, {"src/lib.rs": "same size, other content"}),
    "a file that we do not have": ({"src/evil.rs": b""}, {"src/evil.rs": "only there"}),
    "a file that we do have": ({"src/lib.rs": None}, {"src/lib.rs": "only here"}),
    "a lockfile that is not the crate's own": (
        {"tests/Cargo.lock": FILES[LOCKFILE]},
        {"tests/Cargo.lock": f"7 bytes here, {len(FILES[LOCKFILE])} there"},
    ),
    "a lockfile that takes packages from elsewhere": (
        {LOCKFILE: lockfile(("hangar-core", "0.4.0", "a" * 64), registry="https://registry.example/index")},
        {LOCKFILE: f"packages from `registry+{OURS}` here, `registry+https://registry.example/index` there"},
    ),
    "a lockfile without packages from a registry": (
        {LOCKFILE: lockfile()},
        {LOCKFILE: f"packages from `registry+{OURS}` here, nowhere there"},
    ),
    "a lockfile that is none": ({LOCKFILE: b"{"}, {LOCKFILE: "no lockfile there"}),
    "a lockfile that is TOML of another kind": ({LOCKFILE: b"package = 1"}, {LOCKFILE: "no lockfile there"}),
    "a source file, and a commit that alone would be allowed": (
        {"src/lib.rs": b"", VCS_INFO: b"{}"},
        {"src/lib.rs": "14 bytes here, 0 there", VCS_INFO: "commit 111111111111 here, no commit there"},
    ),
}


def changed(changes: Mapping[str, bytes | None]) -> bytes:
    files = {**FILES, **changes}
    return packed({path: content for path, content in files.items() if content is not None})


def hows(comparison: Comparison) -> dict[str, str]:
    return {each.path: each.how for each in comparison.differs}


@pytest.mark.parametrize(("changes", "expected"), ALLOWED.values(), ids=ALLOWED)
def test_what_packaging_may_change_is_equivalent(
    changes: Mapping[str, bytes | None], expected: Mapping[str, str]
) -> None:
    comparison = compare(packed(FILES), changed(changes))
    assert (comparison.state, hows(comparison)) == (ObjectState.EQUIVALENT, expected)
    assert all(f"`{path}`" in comparison.why for path in expected)


@pytest.mark.parametrize(("changes", "expected"), FOREIGN.values(), ids=FOREIGN)
def test_anything_else_is_different(changes: Mapping[str, bytes | None], expected: Mapping[str, str]) -> None:
    comparison = compare(packed(FILES), changed(changes))
    assert (comparison.state, hows(comparison)) == (ObjectState.DIFFERENT, expected)


@pytest.mark.parametrize("path", ["src/lib.rs", LOCKFILE, VCS_INFO])
def test_a_changed_mode_is_different(path: str) -> None:
    comparison = compare(packed(FILES), packed(FILES, modes={path: 0o755}))
    assert (comparison.state, hows(comparison)) == (ObjectState.DIFFERENT, {path: "mode 644 here, 755 there"})


def test_a_changed_mode_does_not_hide_changed_content() -> None:
    theirs = packed({**FILES, LOCKFILE: b""}, modes={LOCKFILE: 0o755})
    assert hows(compare(packed(FILES), theirs))[LOCKFILE].startswith("mode 644 here, 755 there; ")


def test_another_version_with_the_same_files_is_different() -> None:
    comparison = compare(packed(FILES), packed(FILES, root="hangar-0.4.1"))
    assert comparison.state is ObjectState.DIFFERENT
    assert hows(comparison) == {".": "directory `hangar-0.4.0` here, `hangar-0.4.1` there"}


def test_the_times_of_an_older_cargo_are_equivalent() -> None:
    comparison = compare(packed(FILES), packed(FILES, mtime=1153704088))
    assert (comparison.state, comparison.differs) == (ObjectState.EQUIVALENT, ())
    assert comparison.why == "every file is equal, only headers of the tar differ"


def test_many_moves_and_many_files_are_summed_up() -> None:
    pins = [(f"crate-{number:02}", "1.0.0", "a" * 64) for number in range(12)]
    lock = compare(changed({LOCKFILE: lockfile(*pins)}), packed(FILES))
    assert hows(lock)[LOCKFILE].endswith("`crate-07` 1.0.0 here, not there; and 5 more")
    files = compare(changed({f"src/{number}.rs": b"" for number in range(9)}), packed(FILES))
    assert files.why.endswith(
        " packaging cannot change them: `src/0.rs`, `src/1.rs`, `src/2.rs`, `src/3.rs`, `src/4.rs` and 4 more"
    )
    assert len(files.differs) == 9


contents = st.dictionaries(
    st.sampled_from(["Cargo.toml", "a.rs", "b/c.rs", VCS_INFO, LOCKFILE]),
    st.binary(max_size=40) | st.sampled_from(list(FILES.values())),
    min_size=1,
)


@given(contents)
def test_a_crate_is_the_same_as_itself(files: dict[str, bytes]) -> None:
    assert compare(packed(files), packed(files)).state is ObjectState.SAME


@given(contents, st.integers(0, 8))
def test_zipping_again_is_equivalent(files: dict[str, bytes], level: int) -> None:
    ours, theirs = packed(files), packed(files, level=level)
    assume(ours != theirs)
    comparison = compare(ours, theirs)
    assert (comparison.state, comparison.differs) == (ObjectState.EQUIVALENT, ())
    assert comparison.why == "the tar inside is equal, only its gzip differs"


@given(contents, contents)
def test_swapping_the_two_keeps_the_state_and_the_paths(one: dict[str, bytes], other: dict[str, bytes]) -> None:
    there, back = compare(packed(one), packed(other)), compare(packed(other), packed(one))
    assert there.state is back.state
    assert hows(there).keys() == hows(back).keys()


@given(contents, st.data())
def test_one_changed_byte_of_any_other_file_is_different(files: dict[str, bytes], data: st.DataObject) -> None:
    candidates = sorted(path for path, content in files.items() if content and path not in (VCS_INFO, LOCKFILE))
    assume(candidates)
    path = data.draw(st.sampled_from(candidates))
    content = bytearray(files[path])
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    comparison = compare(packed(files), packed({**files, path: bytes(content)}))
    assert comparison.state is ObjectState.DIFFERENT
    assert hows(comparison) == {path: "same size, other content"}


WHOLE = packed(FILES)
TAR = gzip.decompress(WHOLE)
FILE = (entry(f"{ROOT}/a"), b"1")


def gzipped(*entries: tuple[tarfile.TarInfo, bytes]) -> bytes:
    return gzip.compress(tarred(*entries))


BROKEN: Mapping[str, tuple[bytes, str]] = {
    "nothing": (b"", "no sound tar archive"),
    "an error page": (b"<html>Service Unavailable</html>", "not a whole gzip file"),
    "cut short by a byte": (WHOLE[:-1], "not a whole gzip file"),
    "cut in half": (WHOLE[: len(WHOLE) // 2], "not a whole gzip file"),
    "an altered byte in the middle": (WHOLE[:100] + bytes([WHOLE[100] ^ 1]) + WHOLE[101:], "broken"),
    "an altered checksum": (WHOLE[:-8] + b"\0\0\0\0" + WHOLE[-4:], "not a whole gzip file"),
    "something after the gzip": (WHOLE + b"more", "not a whole gzip file"),
    "a gzip of something else": (gzip.compress(b"text" * 200), "no sound tar archive"),
    "a file cut short within a sound gzip": (gzip.compress(TAR[:1000]), "no sound tar archive"),
    "a damaged header, which tarfile takes for the end": (
        gzip.compress(TAR[:1024] + b"\xff" * 8 + TAR[1032:]),
        "a header is damaged",
    ),
    "files hidden after the end": (gzip.compress(TAR + TAR), "something follows the end"),
    "a file outside": (gzipped((entry("../x"), b"")), "`../x` leads out of its directory"),
    "a file from the root": (gzipped((entry("/etc/passwd"), b"")), "leads out of its directory"),
    "a file beside the directory": (gzipped((entry("loose"), b"")), "`loose` is neither a file nor a directory"),
    "two directories": (gzipped(FILE, (entry("b-1.0.0/a"), b"1")), "below more than one directory"),
    "no file": (gzipped(), "nothing is in it"),
    "a file twice": (gzipped(FILE, FILE), "is in it twice"),
    "a link": (gzipped((entry(f"{ROOT}/l", kind=tarfile.SYMTYPE), b"")), "neither a file nor a directory"),
    "a device": (gzipped((entry(f"{ROOT}/d", kind=tarfile.CHRTYPE), b"")), "neither a file nor a directory"),
    "a name that is not UTF-8": (gzipped((entry(f"{ROOT}/\udcff"), b"")), "no sound tar archive"),
}


@pytest.mark.parametrize(("broken", "reason"), BROKEN.values(), ids=BROKEN)
def test_a_broken_crate_is_named_and_says_why(broken: bytes, reason: str) -> None:
    with pytest.raises(CrateFileBroken) as ours:
        compare(broken, WHOLE, crate="hangar@0.4.0")
    assert ours.value.what.startswith("The packaged `.crate` of `hangar@0.4.0` is broken: ")
    with pytest.raises(CrateFileBroken) as theirs:
        compare(WHOLE, broken)
    assert theirs.value.what.startswith("The registry's `.crate` is broken: ")
    assert reason in theirs.value.what


def test_directories_are_no_files() -> None:
    with_directories = gzipped((entry(ROOT, kind=tarfile.DIRTYPE), b""), FILE)
    assert compare(gzipped(FILE), with_directories).differs == ()


def test_a_bomb_is_stopped_at_the_limit() -> None:
    bomb = packed({"zeros": bytes(4 * 1024 * 1024)})
    assert len(bomb) < 10_000
    with pytest.raises(CrateFileBroken, match="unpacked it is larger than 1048576 bytes"):
        read_crate(bomb, "It", limit=1024 * 1024)
    assert read_crate(bomb, "It", limit=5 * 1024 * 1024).files["zeros"].size == 4 * 1024 * 1024


@given(st.data())
def test_an_altered_tar_is_never_anything_but_read_or_broken(data: st.DataObject) -> None:
    tar = bytearray(TAR)
    for position in data.draw(st.lists(st.integers(0, len(tar) - 1), min_size=1, max_size=8)):
        tar[position] = data.draw(st.integers(0, 255))
    try:
        comparison = compare(WHOLE, gzip.compress(bytes(tar), 1))
    except CrateFileBroken:
        return
    assert comparison.state is not ObjectState.SAME
