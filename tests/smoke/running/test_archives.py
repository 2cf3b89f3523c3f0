"""Archives of equal content are equal bytes, and hold what they were given."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from loadmaster.smoke.running.archives import docker_image, image_config, initramfs, tar_layer

PARTS = st.text(alphabet="abcdefgh", min_size=1, max_size=6)
FILES = st.dictionaries(PARTS.map(lambda name: f"/usr/{name}"), st.binary(max_size=9), max_size=5)


@given(FILES)
def test_a_layer_holds_its_files_and_the_order_of_giving_has_no_part(files: dict[str, bytes]) -> None:
    layer = tar_layer(files, ["/run"])
    assert layer == tar_layer(dict(reversed(files.items())), ["/run"])
    with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
        held = {f"/{each.name}": tar.extractfile(each) for each in tar if each.isfile()}
        assert {path: content.read() for path, content in held.items() if content} == files
        assert {each.mtime for each in tar} <= {0}


def test_directories_come_before_what_is_in_them() -> None:
    with tarfile.open(fileobj=io.BytesIO(tar_layer({"/a/b/c": b""}, ["/run/x"]))) as tar:
        assert tar.getnames() == ["a", "a/b", "run", "run/x", "a/b/c"]


def test_an_image_names_its_layers_by_content() -> None:
    layers = [b"one", b"two"]
    image = docker_image("x:1", layers, image_config(layers, entry=["/payload"], labels={"a": "b"}))
    with tarfile.open(fileobj=io.BytesIO(image)) as tar:
        manifest = json.load(tar.extractfile("manifest.json") or io.BytesIO())
        config = json.load(tar.extractfile(manifest[0]["Config"]) or io.BytesIO())
    assert manifest[0]["RepoTags"] == ["x:1"]
    assert [f"sha256:{each.split('/')[0]}" for each in manifest[0]["Layers"]] == config["rootfs"]["diff_ids"]
    assert config["config"] == {"Entrypoint": ["/payload"], "Labels": {"a": "b"}}


def read_initramfs(packed: bytes) -> Iterator[tuple[str, int, bytes]]:
    """Name, mode and content of every entry, as the kernel walks through them."""
    at = 0
    while True:
        assert packed[at : at + 6] == b"070701"
        fields = [int(packed[at + 6 + 8 * each : at + 14 + 8 * each], 16) for each in range(13)]
        name = packed[at + 110 : at + 110 + fields[11] - 1].decode()
        start = -(-(at + 110 + fields[11]) // 4) * 4
        if name == "TRAILER!!!":
            return
        yield name, fields[1], packed[start : start + fields[6]]
        at = -(-(start + fields[6]) // 4) * 4


@given(FILES)
def test_an_initramfs_holds_its_files_after_their_directories(files: dict[str, bytes]) -> None:
    entries = list(read_initramfs(initramfs(files, ["/proc"])))
    assert {f"/{name}": content for name, mode, content in entries if mode & 0o100000} == files
    assert entries[0][0] == "proc"
    assert [name for name, mode, _ in entries if mode & 0o040000 and not mode & 0o100000] == ["proc", "usr"][
        : 1 + bool(files)
    ]
