"""What is wrong with the assets of a forge release: each of these stopped a release of somebody's, or a user of it."""

from __future__ import annotations

import pytest

from loadmaster.planning.forge.contract import broken_checksums, lacking, misreported
from loadmaster.planning.forge.releases import Asset

PROMISED = ("tool-v1-linux.tar.gz", "tool-v1-linux.tar.gz.sha256")
DIGEST = "a" * 64


def asset(name: str, **more: object) -> Asset:
    said = {"id": 1, "name": name, "size": 5, "state": "uploaded", "url": "", "browser_download_url": ""}
    return Asset.model_validate({**said, **more})


def test_a_release_that_has_all_of_it_lacks_nothing() -> None:
    there = [*map(asset, PROMISED), asset("SHA256SUMS"), asset("receipt.json")]
    assert list(lacking(PROMISED, there, ("SHA256SUMS", "receipt.json"))) == []


@pytest.mark.parametrize(
    ("there", "told"),
    [
        ([asset(PROMISED[0])], ["`tool-v1-linux.tar.gz.sha256` is missing"]),
        (
            [asset("tool-1-linux.tar.gz"), asset(PROMISED[1])],
            ["`tool-v1-linux.tar.gz` is missing, and `tool-1-linux.tar.gz` is there, which nobody promised"],
        ),
        ([asset(PROMISED[0], state="starter"), asset(PROMISED[1])], ["the upload of `tool-v1-linux.tar.gz` broke off"]),
        ([asset(PROMISED[0], size=0), asset(PROMISED[1])], ["`tool-v1-linux.tar.gz` is empty"]),
        ([*map(asset, PROMISED), asset("notes.txt")], ["`notes.txt` is there, which nobody promised"]),
        ([], ["`tool-v1-linux.tar.gz` is missing", "`tool-v1-linux.tar.gz.sha256` is missing"]),
    ],
    ids=["missing", "renamed", "broken off", "empty", "too many", "an empty release"],
)
def test_what_it_lacks(there: list[Asset], told: list[str]) -> None:
    assert list(lacking(PROMISED, there, ())) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{DIGEST}  tool.zip\n", []),
        (f"{DIGEST.upper()}  tool.zip\n", []),
        (f"{DIGEST}  tool.zip\r\n", ["ends its line with CR and LF"]),
        (f"{DIGEST}  tool.zip", ["does not end with a line feed"]),
        (f"{DIGEST}  release/tool.zip\n", ["is about `release/tool.zip`, and not about `tool.zip`"]),
        (f"{DIGEST} tool.zip\n", ["is not one line of a digest, two blanks and the file's name"]),
        (f"{DIGEST}  tool.zip\n{DIGEST}  other\n", ["has more than one line"]),
        (f"{'b' * 64}  tool.zip\n", ["says `bbbbbbbbbbbb…`, and `tool.zip` has `aaaaaaaaaaaa…`"]),
        ("", ["does not end with a line feed"]),
    ],
)
def test_a_checksum_file(text: str, told: list[str]) -> None:
    found = list(broken_checksums({"tool.zip.sha256": text}, {"tool.zip": DIGEST}))
    assert len(found) == len(told)
    assert all(words in problem for words, problem in zip(told, found, strict=True))


def test_a_checksum_file_alone_is_told() -> None:
    assert list(broken_checksums({"tool.zip.sha256": f"{DIGEST}  tool.zip\n"}, {})) == [
        "`tool.zip.sha256` is there without `tool.zip`"
    ]


def test_bytes_that_the_forge_does_not_list_are_told() -> None:
    assert list(misreported({"a": DIGEST, "b": None}, {"a": "b" * 64, "b": DIGEST})) == [
        "the forge lists `aaaaaaaaaaaa…` for `a`, and serves `bbbbbbbbbbbb…`"
    ]
