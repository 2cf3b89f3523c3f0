"""Which results a run reads: those that runs of ours wrote as JSON into our own directory. The server's word is not taken.

Prefect keeps in a state where its result lies, in which storage block, and how it is serialized, and believes that of a state
that anybody may have set: a block that answers with bytes of his, and pickle, are code of his. So what the server says is
checked where it would be used: no block is loaded for a result, no file elsewhere is read, nothing but plain JSON is decoded.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from prefect import results
from prefect.results import ResultStore
from prefect.serializers import JSONSerializer, Serializer
from prefect.settings import get_current_settings
from prefect.utilities.dispatch import get_registry_for_type

from loadmaster.errors.access import ResultNotOurs

SETTINGS = {"PREFECT_RESULTS_DEFAULT_SERIALIZER": "json", "PREFECT_RESULTS_DEFAULT_STORAGE_BLOCK": None}
"""What a process needs in its environment, because Prefect's own default is pickle. None: the variable is not there."""


def keep_to_our_results() -> None:
    """From now on this process reads no other results. Any other raises `ResultNotOurs` where it would be read."""
    _keep_to_json()
    _keep_to_our_directory()
    _keep_from_blocks()


def _keep_to_json() -> None:
    """Also a name of another serializer is unknown from now on: Prefect imports the module that its metadata names."""
    known = get_registry_for_type(Serializer)
    assert known is not None  # Prefect has registered its own
    for name, serializer in list(known.items()):
        if serializer is not JSONSerializer:
            del known[name]
            _replace(serializer, "loads", _refusal(f"a result in `{name}`"))
    plain, loads = JSONSerializer(), JSONSerializer.loads

    def load_plain(self: JSONSerializer[Any], blob: bytes) -> Any:
        if self != plain:  # its metadata may name any function as the decoder
            raise ResultNotOurs("a result in JSON with a decoder of its own")
        return loads(self, blob)

    _replace(JSONSerializer, "loads", load_plain)


def _keep_to_our_directory() -> None:
    read, aread = ResultStore._read, ResultStore._aread

    def read_ours(self: ResultStore, key: str, holder: str) -> Any:
        _require_inside(key)
        return read(self, key, holder)

    async def aread_ours(self: ResultStore, key: str, holder: str) -> Any:
        _require_inside(key)
        return await aread(self, key, holder)

    _replace(ResultStore, "_read", read_ours)
    _replace(ResultStore, "_aread", aread_ours)


def _require_inside(key: str) -> None:
    directory = get_current_settings().results.local_storage_path.resolve()
    if not (directory / Path(key)).resolve().is_relative_to(directory):
        raise ResultNotOurs(f"the result `{key}`")


def _keep_from_blocks() -> None:
    async def no_default() -> None:
        return None

    refuse = _refusal("a storage block")
    _replace(results, "resolve_result_storage", refuse)
    _replace(results, "aresolve_result_storage", refuse)
    _replace(results, "_read_server_default_result_storage_block_id", lambda: None)
    _replace(results, "_aread_server_default_result_storage_block_id", no_default)


def _refusal(what: str) -> Callable[..., NoReturn]:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise ResultNotOurs(what)

    return refuse


def _replace(owner: object, name: str, by: Callable[..., Any]) -> None:
    """Raises `AttributeError` if Prefect has nothing of that name: a guard before nothing would guard nothing."""
    getattr(owner, name)
    setattr(owner, name, by)
