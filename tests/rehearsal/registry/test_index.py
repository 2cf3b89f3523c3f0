from __future__ import annotations

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from loadmaster.planning.crates_io.manifest import parse_packaged_manifest
from loadmaster.rehearsal.registry.index import index_line, merged, split_features
from tests.kit.packing import manifest_text

AT = datetime(2026, 7, 25, 12, 35, 41, 999, tzinfo=UTC)


def line(fields: str = "", rest: str = "") -> str:
    return index_line(parse_packaged_manifest(manifest_text(fields=fields, rest=rest), ["src/lib.rs"]), "c0ffee", AT)


def test_the_line_of_a_crate_with_nothing_to_say() -> None:
    assert line() == (
        '{"name":"ours","vers":"1.0.0","deps":[],"cksum":"c0ffee","features":{},"yanked":false,'
        '"pubtime":"2026-07-25T12:35:41Z"}'
    )


def test_the_line_of_a_crate_with_everything() -> None:
    written = line(
        'links = "z"\nrust-version = "1.70"',
        '[dependencies]\nb = { version = "1.2", default-features = false, features = ["y", "x"], optional = true }\n'
        '"é" = { version = "1", package = "c" }\n'
        '[features]\nnew = ["dep:b"]\nold = []',
    )
    assert written == (
        '{"name":"ours","vers":"1.0.0","deps":['
        '{"name":"b","req":"^1.2","features":["y","x"],"optional":true,"default_features":false,"target":null,'
        '"kind":"normal"},'
        '{"name":"é","req":"^1","features":[],"optional":false,"default_features":true,"target":null,'
        '"kind":"normal","package":"c"}'
        '],"cksum":"c0ffee","features":{"old":[]},"features2":{"new":["dep:b"]},"yanked":false,"links":"z",'
        '"rust_version":"1.70","pubtime":"2026-07-25T12:35:41Z","v":2}'
    )


def test_dependencies_are_sorted_by_name_then_normal_build_dev_then_target() -> None:
    written = line(
        rest='[dependencies]\nb = "1"\na = "1"\n[dev-dependencies]\na = "1"\n[build-dependencies]\na = "1"\n'
        '[target."cfg(unix)".dependencies]\na = "1"'
    )
    deps = [(dep["name"], dep["kind"], dep["target"]) for dep in json.loads(written)["deps"]]
    assert deps == [
        ("a", "normal", None),
        ("a", "normal", "cfg(unix)"),
        ("a", "build", None),
        ("a", "dev", None),
        ("b", "normal", None),
    ]


def test_features_that_lead_to_the_new_syntax_move_with_it() -> None:
    features = {"via": ("uses",), "uses": ("weak", "plain"), "weak": ("a?/x",), "plain": ("a/x",), "a": ()}
    old, new = split_features(features)
    assert set(old) == {"plain", "a"}
    assert list(new) == ["uses", "via", "weak"]


names = st.sampled_from("abcdef")
values = st.lists(st.one_of(names, names.map(lambda n: f"dep:{n}")), max_size=3).map(tuple)


@given(st.dictionaries(names, values))
def test_an_old_cargo_never_sees_what_it_cannot_read(features: dict[str, tuple[str, ...]]) -> None:
    old, new = split_features(features)
    assert old | new == features
    assert not old.keys() & new.keys()
    assert not any(value.startswith("dep:") or value in new for values in old.values() for value in values)


def test_our_line_replaces_upstream_s_of_the_same_version_whatever_its_build() -> None:
    upstream = [b'{"vers":"1.0.0"}', b'{"vers":"1.1.0+old"}']
    assert merged(upstream, ['{"vers":"1.1.0+new"}']) == [b'{"vers":"1.0.0"}', b'{"vers":"1.1.0+new"}']
    assert merged(upstream, []) == upstream
