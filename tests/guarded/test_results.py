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
from tests.kit.checkout import ROOT

READ = """
import asyncio, json, sys
if sys.argv[1] == "guarded":
    from loadmaster.guarded.results import keep_to_our_results
    keep_to_our_results()
from prefect.client.schemas.objects import State
from prefect.states import get_state_exception, get_state_result

def read(said):
    try:
        state = State.model_validate(said)
        if state.is_failed():
            return repr(get_state_exception(state))
        return repr(asyncio.run(get_state_result(state, retry_result_failure=False)))
    except Exception as error:
        return type(error).__name__

print(json.dumps([read(each) for each in json.loads(sys.argv[2])]))
"""
REFUSED = "ResultNotOurs"
PICKLE, JSON = {"type": "pickle"}, {"type": "json"}


class Trap:
    """Makes a directory as soon as it is unpickled."""

    def __init__(self, name: Path) -> None:
        self.name = name

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, (str(self.name),))


@dataclass
class Place:
    """A directory of results, one beside it, and one for what traps make."""

    home: Path
    beside: Path
    traps: Path

    def pickled(self, name: str) -> bytes:
        return base64.encodebytes(pickle.dumps(Trap(self.traps / name)))

    def write(self, path: Path, serializer: Mapping[str, object], content: bytes) -> str:
        """A record, as Prefect writes one."""
        metadata = {"storage_key": str(path), "serializer": serializer}
        path.write_text(json.dumps({"metadata": metadata, "result": content.decode()}), encoding="utf-8")
        return str(path)

    def read(self, how: str, said: Mapping[str, object]) -> tuple[dict[str, str], set[str]]:
        """What came of each state, by its name, and the traps that were sprung; those are set again."""
        own = {name: value for name, value in results.SETTINGS.items() if value is not None}
        paths = f"{ROOT}{os.pathsep}{self.beside}"
        homes = {"PREFECT_HOME": str(self.home), "PREFECT_RESULTS_LOCAL_STORAGE_PATH": str(self.home)}
        ran = subprocess.run(
            [sys.executable, "-c", READ, how, json.dumps(list(said.values()))],
            env={**os.environ, **own, **homes, "PYTHONPATH": paths},
            stdout=subprocess.PIPE,
            timeout=300,
            check=True,
        )
        sprung = {each.name for each in self.traps.iterdir()}
        for name in sprung:
            (self.traps / name).rmdir()
        return dict(zip(said, json.loads(ran.stdout), strict=True)), sprung


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path / "results", tmp_path / "beside", tmp_path / "traps")
    for each in (place.home, place.beside, place.traps):
        each.mkdir()
    return place


def completed(key: str, serializer: Mapping[str, object], **more: object) -> dict[str, object]:
    return {"type": "COMPLETED", "data": {"storage_key": key, "serializer": serializer, **more}}


def test_a_result_that_is_code_is_carried_out_without_the_guard_alone(place: Place) -> None:
    def pickled(name: str, directory: Path, **said: object) -> dict[str, object]:
        return {**completed(place.write(directory / name, PICKLE, place.pickled(name)), PICKLE), **said}

    (place.beside / "imported.py").write_text(f"import os\nos.mkdir({str(place.traps / 'imported')!r})\n")
    said = {
        "ours": pickled("ours", place.home),
        "beside": pickled("beside", place.beside),
        "failure": pickled("failure", place.home, type="FAILED"),
        "imported": completed("key", {"type": "pickle", "picklelib": "imported"}),
    }

    _, sprung = place.read("unguarded", said)
    assert sprung == said.keys()

    read, sprung = place.read("guarded", said)
    assert sprung == set()
    assert {read[name] for name in ("ours", "beside", "failure")} == {REFUSED}


def test_nothing_is_read_but_plain_json_in_our_own_directory(place: Place) -> None:
    """Each record is one that the server says is plain JSON."""
    for name, serializer in OTHERS.items():
        place.write(place.home / name, serializer, place.pickled(name) if "pickle" in name else b'{"a": 1}')
    theirs = place.write(place.beside / "key", JSON, b'"theirs"')
    (place.home / "link").symlink_to(place.beside)
    said = {
        **{name: completed(name, JSON) for name in OTHERS},
        "by its path": completed(theirs, JSON),
        "by a way out": completed("../beside/key", JSON),
        "by a link": completed("link/key", JSON),
        "in a block": completed(";base64,AA==", JSON, storage_block_id="00000000-0000-4000-8000-000000000001"),
        "of a failure in a block": {
            **completed(";base64,AA==", JSON, storage_block_id="00000000-0000-4000-8000-000000000001"),
            "type": "FAILED",
        },
    }

    read, sprung = place.read("guarded", said)

    assert sprung == set()
    assert {name: what for name, what in read.items() if what != REFUSED} == {}


def test_what_our_own_runs_wrote_is_read(place: Place) -> None:
    key = place.write(place.home / "key", JSON, b'{"a": ["b"]}')
    read, _ = place.read("guarded", {"by its key": completed("key", JSON), "by its path": completed(key, JSON)})
    assert read == {"by its key": "{'a': ['b']}", "by its path": "{'a': ['b']}"}


OTHERS: Mapping[str, Mapping[str, object]] = {
    "pickle": PICKLE,
    "compressed pickle": {"type": "compressed/pickle"},
    "a decoder": {"type": "json", "object_decoder": "subprocess.Popen"},
    "another library": {"type": "json", "jsonlib": "yaml"},
    "an argument": {"type": "json", "loads_kwargs": {"strict": False}},
}
