from __future__ import annotations

import pytest

from loadmaster.planning.crates_io.packaged import JSON_LIMIT, UPLOAD_LIMIT, judge
from tests.kit.packing import crate_file, manifest_text


def test_a_crate_that_breaks_no_rule_has_no_problem_and_says_what_it_needs() -> None:
    manifest = manifest_text(rest='[dependencies]\nserde = "1"\nours_too = { package = "theirs", version = "2" }')
    found = judge(crate_file(manifest=manifest), "ours", "1.0.0")
    assert found.problems == ()
    assert found.dependencies == ("serde", "theirs")


def test_every_broken_rule_is_found_at_once_in_crates_ios_words() -> None:
    fields = 'license = "MITT"\nhomepage = "ours.example"\nkeywords = ["a b"]\ncategories = ["no-such"]'
    found = judge(crate_file(manifest=manifest_text(fields=fields, rest='[dependencies]\na = "*"')), "ours", "1.0.0")
    assert [text.split("\n")[0][:40] for text in found.problems] == [
        "unknown or invalid license expression; s",
        "URL for field `homepage` must begin with",
        '"a b" is an invalid keyword',
        "wildcard (`*`) dependency constraints ar",
        "The following category slugs are not cur",
    ]


@pytest.mark.parametrize(
    ("crate", "name", "metadata", "problem"),
    [
        pytest.param(b"", "ours", 0, "uploaded tarball is malformed or too large when decompressed", id="nothing"),
        pytest.param(crate_file(), "theirs", 0, "invalid path found: ours-1.0.0/Cargo.toml", id="another crate's"),
        pytest.param(crate_file("std"), "std", 0, "cannot upload a crate with a reserved name", id="a reserved name"),
        pytest.param(crate_file(), "ours", JSON_LIMIT + 1, "JSON metadata blob too large", id="a long README"),
        pytest.param(b"\0" * (UPLOAD_LIMIT + 1), "ours", 0, "max upload size is: 10485760", id="too large"),
    ],
)
def test_a_crate_file_is_refused(crate: bytes, name: str, metadata: int, problem: str) -> None:
    assert judge(crate, name, "1.0.0", metadata_bytes=metadata).problems[0].startswith(problem)
