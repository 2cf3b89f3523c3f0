"""States that name results which are code of whoever set them: without the guard each is carried out, with it none.

Each is read by a process of its own, because what is guarded is a process.
"""

from __future__ import annotations

import base64
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from loadmaster.guarded import results
from loadmaster.run.profiles import ROOT

READ = """
import asyncio, sys
if sys.argv[1] == "guarded":
    from loadmaster.guarded.results import keep_to_our_results
    keep_to_our_results()
from prefect.client.schemas.objects import State
from prefect.states import get_state_exception, get_state_result
state = State.model_validate_json(sys.argv[2])
if state.is_failed():
    print(repr(get_state_exception(state)))
else:
    print(repr(asyncio.run(get_state_result(state, retry_result_failure=False))))
"""


class Trap:
    """Makes a file as soon as it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, (str(self.file),))


@dataclass
class Place:
    """A home with results, a directory beside it, and what a trap would make."""

    home: Path
    beside: Path
    trap: Path

    def write(self, directory: Path, serializer: Mapping[str, str], content: bytes) -> str:
        """The path of a record, as Prefect writes one."""
        metadata = {"storage_key": str(directory / "key"), "serializer": serializer}
        (directory / "key").write_text(json.dumps({"metadata": metadata, "result": content.decode()}))
        return str(directory / "key")

    def read(self, how: str, data: object, kind: str = "COMPLETED") -> subprocess.CompletedProcess[str]:
        own = {**results.SETTINGS, "PREFECT_RESULTS_LOCAL_STORAGE_PATH": str(self.home), "PYTHONPATH": str(ROOT)}
        env = {**os.environ, "PREFECT_HOME": str(self.home), **{k: v for k, v in own.items() if v is not None}}
        state = json.dumps({"type": kind, "data": data})
        return subprocess.run(
            [sys.executable, "-c", READ, how, state], env=env, cwd=ROOT, capture_output=True, text=True, timeout=120
        )


@pytest.fixture
def place(tmp_path: Path) -> Place:
    (tmp_path / "results").mkdir()
    (tmp_path / "beside").mkdir()
    return Place(tmp_path / "results", tmp_path / "beside", tmp_path / "trapped")


def pickled(place: Place) -> bytes:
    return base64.encodebytes(pickle.dumps(Trap(place.trap)))


PICKLE = {"type": "pickle"}


@pytest.mark.parametrize("kind", ["COMPLETED", "FAILED"])
@pytest.mark.parametrize("where", ["home", "beside"])
def test_pickle_is_code_without_the_guard_and_refused_with_it(place: Place, where: str, kind: str) -> None:
    directory: Path = getattr(place, where)
    data = {"storage_key": place.write(directory, PICKLE, pickled(place)), "serializer": PICKLE}
    if (where, kind) != ("beside", "FAILED"):  # Prefect itself looks for the result of a failure in its directory alone
        place.read("unguarded", data, kind)
        assert place.trap.exists()
        place.trap.rmdir()

    refused = place.read("guarded", data, kind)

    assert (refused.returncode, "ResultNotOurs" in refused.stderr) == (1, True), refused.stderr
    assert not place.trap.exists()


@pytest.mark.parametrize(
    ("serializer", "content"),
    [
        (PICKLE, None),
        ({"type": "compressed/pickle"}, None),
        ({"type": "json", "jsonlib": "pickle"}, None),
        ({"type": "json", "object_decoder": "subprocess.Popen"}, b'{"a": 1}'),
        ({"type": "json", "loads_kwargs": {"parse_int": "x"}}, b"1"),
    ],
    ids=["pickle", "compressed", "another library", "a decoder", "arguments of the library"],
)
def test_a_record_in_our_own_directory_is_read_as_plain_json_alone(
    place: Place, serializer: Mapping[str, str], content: bytes | None
) -> None:
    """What the server says is plain JSON: the record itself says otherwise."""
    key = place.write(place.home, serializer, content or pickled(place))
    refused = place.read("guarded", {"storage_key": key, "serializer": {"type": "json"}})
    assert (refused.returncode, "ResultNotOurs" in refused.stderr) == (1, True), refused.stderr
    assert not place.trap.exists()


@pytest.mark.parametrize("key", ["../beside/key", "{beside}/key", "link/key"])
def test_plain_json_elsewhere_is_refused(place: Place, key: str) -> None:
    place.write(place.beside, {"type": "json"}, b'"theirs"')
    (place.home / "link").symlink_to(place.beside)
    data = {"storage_key": key.format(beside=place.beside), "serializer": {"type": "json"}}
    refused = place.read("guarded", data)
    assert (refused.returncode, "theirs" in refused.stdout) == (1, False)
    assert "ResultNotOurs" in refused.stderr


def test_a_storage_block_is_not_even_asked_for(place: Place) -> None:
    block = "00000000-0000-4000-8000-000000000001"
    data = {"storage_key": ";base64,AA==", "storage_block_id": block, "serializer": {"type": "json"}}
    refused = place.read("guarded", data)
    assert (refused.returncode, "ResultNotOurs" in refused.stderr) == (1, True), refused.stderr


def test_a_module_that_a_state_names_is_imported_without_the_guard_alone(place: Place) -> None:
    (place.beside / "trapping.py").write_text(f"import os\nos.mkdir({str(place.trap)!r})\n")
    data = {"storage_key": "key", "serializer": {"type": "pickle", "picklelib": "trapping"}}
    paths = f"{ROOT}{os.pathsep}{place.beside}"
    for how in ("guarded", "unguarded"):
        own = {**os.environ, "PYTHONPATH": paths, "PREFECT_HOME": str(place.home)}
        own["PREFECT_RESULTS_LOCAL_STORAGE_PATH"] = str(place.home)
        own["PREFECT_RESULTS_DEFAULT_SERIALIZER"] = "json"
        state = json.dumps({"type": "COMPLETED", "data": data})
        ran = subprocess.run([sys.executable, "-c", READ, how, state], env=own, capture_output=True, timeout=120)
        assert (how, ran.returncode, place.trap.exists()) == (how, 1, how == "unguarded")


@pytest.mark.parametrize("key", ["key", "{home}/key"])
def test_what_our_own_runs_wrote_is_read(place: Place, key: str) -> None:
    place.write(place.home, {"type": "json"}, b'{"a": ["b"]}')
    read = place.read("guarded", {"storage_key": key.format(home=place.home), "serializer": {"type": "json"}})
    assert (read.returncode, read.stdout) == (0, "{'a': ['b']}\n"), read.stderr
