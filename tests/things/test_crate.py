"""A crate on a registry, as its index and its file say: which of the five states it is in, and by whose word."""

from __future__ import annotations

import gzip
import json
from hashlib import sha256

import httpx
import pytest

from loadmaster.errors.registry import CrateTaken, IndexDisagrees, RegistryUnreachable
from loadmaster.planning.values.state import ObjectState
from loadmaster.things.crate import Packaged, PublishedCrate
from loadmaster.things.thing import converge
from tests.kit.packing import crate_file, manifest_text
from tests.kit.registry_client import registry_of

OURS = crate_file("hangar", "1.0.0")
OTHER_GZIP = gzip.compress(gzip.decompress(OURS), 1, mtime=0)
OTHERS = crate_file("hangar", "1.0.0", manifest_text("hangar", "1.0.0", 'homepage = "https://elsewhere.example"'))


def crate(
    listed: bytes | None, served: bytes | None = None, *, yanked: bool = False, ours: bytes | None = OURS
) -> PublishedCrate:
    """On a registry that lists the digest of `listed` and serves `served`, or else what it lists."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/download"):
            return httpx.Response(200, content=served if served is not None else listed)
        if listed is None:
            return httpx.Response(404)
        line = {"name": "hangar", "vers": "1.0.0", "deps": [], "cksum": sha256(listed).hexdigest(), "yanked": yanked}
        return httpx.Response(200, text=json.dumps(line))

    kept = None if ours is None else Packaged.of(ours)
    return PublishedCrate(registry=registry_of(answer), name="hangar", version="1.0.0", ours=kept)


CASES = (
    ("it is not listed", crate(None), "absent", "absent"),
    ("the listed digest is ours", crate(OURS), "same", "equal-bytes"),
    ("the file is ours under another gzip", crate(OTHER_GZIP), "equivalent", "equal-tar"),
    ("the file is another", crate(OTHERS), "different", "other-files"),
    (
        "the index lists a digest that the served file does not have",
        crate(b"broken", OURS),
        "unknown",
        "index-disagrees",
    ),
    ("nobody ever compared it", crate(OURS, ours=None), "unknown", "never-compared"),
)


@pytest.mark.parametrize(("thing", "state", "code"), [row[1:] for row in CASES], ids=[row[0] for row in CASES])
def test_where(thing: PublishedCrate, state: str, code: str) -> None:
    seen = thing.observe()
    assert (seen.state, seen.code) == (state, code)


def test_an_index_that_disagrees_with_its_file_is_never_recorded_and_says_which_digest_is_which() -> None:
    listed, served = sha256(b"broken").hexdigest(), sha256(OURS).hexdigest()
    with pytest.raises(IndexDisagrees) as caught:
        converge(crate(b"broken", OURS), lambda: None)
    assert f"lists `hangar@1.0.0` with the checksum `{listed}`" in caught.value.what
    assert f"serves has `{served}`" in caught.value.what
    assert caught.value.transient


def test_another_s_crate_stops_with_the_files_that_differ() -> None:
    with pytest.raises(CrateTaken, match=r"`Cargo\.toml`"):
        converge(crate(OTHERS), lambda: None)


def test_a_digest_that_an_earlier_run_compared_needs_no_download() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert not request.url.path.endswith("/download")
        line = {"name": "hangar", "vers": "1.0.0", "deps": [], "cksum": sha256(OTHER_GZIP).hexdigest()}
        return httpx.Response(200, text=json.dumps(line))

    recorded = {sha256(OTHER_GZIP).hexdigest(): ObjectState.EQUIVALENT}
    thing = PublishedCrate(registry=registry_of(answer), name="hangar", version="1.0.0", ours=None, recorded=recorded)
    seen = thing.observe()
    assert (seen.state, seen.code) == ("equivalent", "recorded-checksum")


def test_a_yanked_one_is_there_like_any_other_and_says_so() -> None:
    seen = crate(OURS, yanked=True).observe()
    assert (seen.state, seen.facts, seen.why) == (
        "same",
        {"yanked": True},
        "the bytes are equal; the registry's is yanked",
    )


def test_what_cannot_be_asked_is_not_absent() -> None:
    registry = registry_of(lambda request: httpx.Response(503))
    with pytest.raises(RegistryUnreachable):
        PublishedCrate(registry=registry, name="hangar", version="1.0.0", ours=Packaged.of(OURS)).observe()
