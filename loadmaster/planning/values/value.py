"""The base of every value that planning produces: frozen, closed, and with one canonical spelling."""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
import textwrap
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from itertools import pairwise
from typing import Any

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler
from pydantic_core import CoreSchema


class Value(BaseModel):
    """A frozen record. Unknown fields are an error, so that a typo never becomes a default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler, /) -> dict[str, Any]:
        """The schema, with the docstring of each field as its description; a field with an alias has none."""
        schema = handler(core_schema)
        properties = handler.resolve_ref_schema(schema).get("properties", {})
        for name, says in docstrings_of(cls).items():
            if name in properties:
                properties[name].setdefault("description", says)
        return schema


@cache
def docstrings_of(model: type[Value]) -> Mapping[str, str]:
    """What stands below each field, by the field's name; a field that a subclass declares anew has what stands there.

    Read when somebody asks. pydantic's `use_attribute_docstrings` reads it as each class is made, which took a fifth of the
    time that a command needs.
    """
    found: dict[str, str] = {}
    for kind in reversed(model.__mro__):
        if issubclass(kind, Value) and kind is not Value:
            declared = inspect.get_annotations(kind)
            found = {name: says for name, says in found.items() if name not in declared} | dict(_below_fields(kind))
    return found


def _below_fields(kind: type[Value]) -> list[tuple[str, str]]:
    """Nothing for a class whose source is not there."""
    with suppress(OSError, TypeError):
        tree = ast.parse(textwrap.dedent(inspect.getsource(kind)))
        body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
        return [
            (field.target.id, inspect.cleandoc(below.value.value))
            for field, below in pairwise(body)
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
            if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)
            if isinstance(below.value.value, str)
        ]
    return []


def canonical_json(value: Value) -> bytes:
    """One spelling for equal values: keys sorted, no blanks, UTF-8. Digests are computed from it."""
    return json.dumps(value.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(value: Value) -> str:
    """SHA-256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical_json(value)).hexdigest()
