from __future__ import annotations

import pytest

from loadmaster.planning.crates_io.manifest import parse_packaged_manifest
from loadmaster.planning.crates_io.names import canonical, check_crate_name, check_not_reserved
from loadmaster.planning.crates_io.refusal import Refusal
from loadmaster.planning.crates_io.rules import check_categories, check_manifest, check_version
from tests.kit.packing import manifest_text

UNPARSABLE = "failed to parse `Cargo.toml` manifest file\n\n"
ASCII = "characters must be an ASCII alphanumeric characters, `-`, or `_`"


def judge(manifest: str) -> None:
    check_manifest(parse_packaged_manifest(manifest, ["src/lib.rs"]), "ours", "1.0.0")


def problem(fields: str = "", rest: str = "") -> str:
    """What is wrong with a manifest that has these lines, in one line's worth of text."""
    with pytest.raises(Refusal) as refused:
        judge(manifest_text(fields=fields, rest=rest))
    assert refused.value.status == 400
    return refused.value.detail


@pytest.mark.parametrize(
    ("fields", "rest"),
    [
        pytest.param("", "", id="nothing but what is demanded"),
        pytest.param('license-file = "LICENSE"', "", id="a licence file instead of a licence"),
        pytest.param('keywords = ["a", "c++", "1a", "a_b", "aaaaaaaaaaaaaaaaaaaa"]', "", id="five odd keywords"),
        pytest.param('rust-version = "1.70.0"', "", id="a rust version"),
        pytest.param('homepage = "https://x.y"', "", id="a homepage"),
        pytest.param("", '[dependencies]\na = { git = "https://x.y/z", version = "1" }', id="a git key, ignored"),
        pytest.param("", '[dependencies]\n_a = { package = "a", version = "1.*" }', id="a renamed dependency"),
        pytest.param("", '[features]\na = ["dep:b", "c?/d", "e/f-g.h", "é"]', id="every form of feature"),
        pytest.param("", '[dev_dependencies]\na = "1"', id="a table with an underscore"),
    ],
)
def test_a_manifest_is_accepted(fields: str, rest: str) -> None:
    judge(manifest_text(fields=fields, rest=rest))


@pytest.mark.parametrize(
    ("fields", "detail"),
    [
        pytest.param('description = ""', "missing or empty metadata fields: description.", id="empty description"),
        pytest.param('license = ""', "missing or empty metadata fields: license.", id="empty licence"),
        pytest.param(
            'license = ""\ndescription = ""', "missing or empty metadata fields: description, license.", id="both"
        ),
        pytest.param(
            f'description = "{"é" * 501}"', "The `description` is too long.", id="description over 1000 bytes"
        ),
        pytest.param('homepage = "x.y"', "URL for field `homepage` must begin with http:// or", id="no scheme"),
        pytest.param('repository = "https://"', "`repository` is not a valid url: `https://`", id="no host"),
        pytest.param('documentation = "https://x:y"', "`documentation` is not a valid url", id="no port"),
        pytest.param('rust-version = "^1.70"', f"{UNPARSABLE}invalid `rust-version` value", id="rust version range"),
        pytest.param('rust-version = "1..2"', f"{UNPARSABLE}invalid `rust-version` value", id="no rust version"),
        pytest.param('keywords = ["a","b","c","d","e","f"]', "expected at most 5 keywords per crate", id="6 keywords"),
        pytest.param('keywords = ["a b"]', '"a b" is an invalid keyword', id="a keyword with a blank"),
        pytest.param(
            f'keywords = ["{"a" * 21}"]',
            f'"{"a" * 21}" is an invalid keyword (keywords must have less than 20 characters)',
            id="a keyword of 21",
        ),
        pytest.param(
            'categories = ["a","b","c","d","e","f"]', "expected at most 5 categories per crate", id="6 categories"
        ),
        pytest.param("homepage.workspace = true", f"{UNPARSABLE}value from workspace hasn't been set", id="inherited"),
        pytest.param('license = "MIT AND foobar"', "unknown or invalid license expression; see", id="unknown licence"),
        pytest.param(
            'license = ""\nlicense-file = "LICENSE"',
            "unknown or invalid license expression; see",
            id="licence and file",
        ),
        pytest.param("links = 5", f"{UNPARSABLE}TOML parse error at line 7, column 9", id="a number for a text"),
    ],
)
def test_a_field_is_refused(fields: str, detail: str) -> None:
    assert problem(fields).startswith(detail)


@pytest.mark.parametrize(
    ("rest", "detail"),
    [
        pytest.param('[dependencies]\na = "*"', "wildcard (`*`) dependency constraints are not allowed", id="a star"),
        pytest.param("[build-dependencies]\na = {}", "wildcard (`*`) dependency constraints are not", id="no version"),
        pytest.param('[dependencies]\na = "abc"', '"abc" is an invalid version requirement', id="no requirement"),
        pytest.param(
            '[dependencies]\na = { version = "1", registry = "x" }',
            "Dependency `a` is hosted on another registry.",
            id="another registry",
        ),
        pytest.param('[dependencies]\n"1a" = "1"', "the name `1a` cannot be used as a dependency name", id="a digit"),
        pytest.param(
            '[dependencies]\n"a b" = { version = "1", package = "a" }',
            f"invalid character ` ` in dependency name: `a b`, {ASCII}",
            id="a key with a blank",
        ),
        pytest.param(
            '[target."cfg(unix)".dependencies]\na = { version = "1", features = ["~"] }',
            "invalid character `~` in feature `~`, the first character must be a Unicode XID start",
            id="a bad feature of a dependency",
        ),
        pytest.param('[features]\n"" = []', "feature cannot be empty", id="an empty feature"),
        pytest.param(
            '[features]\na = ["b c"]', "invalid character ` ` in feature `b c`, characters must be", id="blank"
        ),
        pytest.param('[features]\na = ["dep:"]', "dependency name cannot be empty", id="dep: of nothing"),
        pytest.param(
            "[features]\n" + "\n".join(f"f{n} = []" for n in range(301)),
            "crates.io only allows a maximum number of 300 features, but your crate is declaring 301 features.",
            id="301 features",
        ),
        pytest.param(
            f"[features]\na = {[f'f{n}' for n in range(301)]}",
            "crates.io only allows a maximum number of 300 features or dependencies that another feature can enable",
            id="a feature of 301",
        ),
        pytest.param(
            "[dependencies]\n" + "\n".join(f'd{n} = "1"' for n in range(501)),
            "crates.io only allows a maximum number of 500 dependencies.",
            id="501 dependencies",
        ),
        pytest.param(
            "[dependencies]\na.workspace = true", f"{UNPARSABLE}value from workspace hasn't been set", id="inherited"
        ),
        pytest.param(
            '[patch.crates-io]\na = { path = "a" }',
            f"{UNPARSABLE}crates cannot be published with `[patch]` tables",
            id="a patch",
        ),
    ],
)
def test_a_table_is_refused(rest: str, detail: str) -> None:
    assert problem(rest=rest).startswith(detail)


@pytest.mark.parametrize(
    ("manifest", "detail"),
    [
        pytest.param("[lib]", f"{UNPARSABLE}missing field `name`\n", id="no package"),
        pytest.param('[package]\nname = "ours"', f"{UNPARSABLE}missing field `version`", id="no version"),
        pytest.param("[package", f"{UNPARSABLE}TOML parse error", id="no TOML"),
        pytest.param(
            manifest_text("other"), "metadata name `ours` does not match manifest name `other`", id="another name"
        ),
        pytest.param(
            manifest_text(version="1.0.0+x"),
            "metadata version `1.0.0` does not match manifest version `1.0.0+x`",
            id="another version",
        ),
    ],
)
def test_a_manifest_is_refused(manifest: str, detail: str) -> None:
    with pytest.raises(Refusal) as refused:
        judge(manifest)
    assert refused.value.detail.startswith(detail)


def test_a_library_needs_a_file() -> None:
    with pytest.raises(Refusal, match="can't find library, rename file to"):
        parse_packaged_manifest(manifest_text(rest="[lib]"), ["src/main.rs"])


@pytest.mark.parametrize(
    ("name", "detail"),
    [
        pytest.param("", "crate name cannot be empty", id="empty"),
        pytest.param("a" * 65, f"the crate name `{'a' * 65}` is too long (max 64 characters)", id="65 characters"),
        pytest.param("1a", "the name `1a` cannot be used as a crate name, the name cannot start with a digit", id="1a"),
        pytest.param(
            "_a", "invalid character `_` in crate name: `_a`, the first character must be an ASCII character", id="_a"
        ),
        pytest.param(
            " a",
            "invalid character ` ` in crate name: ` a`, the first character must be an ASCII character",
            id="blank",
        ),
        pytest.param("a.b", f"invalid character `.` in crate name: `a.b`, {ASCII}", id="a.b"),
        pytest.param("aé", f"invalid character `é` in crate name: `aé`, {ASCII}", id="aé"),
    ],
)
def test_a_name_is_refused(name: str, detail: str) -> None:
    with pytest.raises(Refusal) as refused:
        check_crate_name(name)
    assert refused.value.detail == detail


@pytest.mark.parametrize("name", ["std", "NUL", "proc-macro", "rust_installer"])
def test_a_reserved_name_is_refused_in_every_spelling(name: str) -> None:
    with pytest.raises(Refusal, match="cannot upload a crate with a reserved name"):
        check_not_reserved(name)


def test_names_that_are_one_crate() -> None:
    assert canonical("Foo-bar") == canonical("foo_BAR") != canonical("foobar")


@pytest.mark.parametrize("version", ["1", "1.0", "v1.0.0", "1.0.0-", "1.0.0+", "01.0.0", "1.0.18446744073709551616"])
def test_a_version_is_refused(version: str) -> None:
    with pytest.raises(Refusal, match="is an invalid semver version"):
        check_version(version)


def test_a_version_of_151_characters_is_refused() -> None:
    with pytest.raises(Refusal, match="the version number is too long"):
        check_version("1.0.0-" + "a" * 145)
    check_version("1.0.0-" + "a" * 144)


def test_categories_are_those_of_the_list() -> None:
    check_categories(["command-line-utilities", "development-tools::build-utils"])
    with pytest.raises(Refusal, match=r"not currently supported on crates.io: no-such, Asynchronous"):
        check_categories(["asynchronous", "no-such", "Asynchronous"])
