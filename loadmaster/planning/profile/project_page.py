"""The page `docs/project.md`, generated from the profile's docstrings: `python -m loadmaster.planning.profile.project_page`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import Enum
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from loadmaster.planning.profile.project import Project

_HEAD = """# Profiles

A project is one file, `projects/NAME.toml`, and has the file's name. `projects/demo.toml` and `projects/assay.toml` are two
examples. An unknown field is an error. This page is generated from the model in `loadmaster/planning/profile/project.py`
and its parts.
"""


def page() -> str:
    return "\n".join([_HEAD, *_section("", Project)])


def _section(table: str, model: type[BaseModel]) -> Iterator[str]:
    """The model's plain fields as a table, then a section for each table inside it."""
    inner = {name: kind for name, field in model.model_fields.items() if (kind := _table_of(field)) is not None}
    if table:
        yield f"## `[{table}]`\n\n{model.__doc__}\n"
    yield "| field | default | |\n|---|---|---|"
    for name, field in model.model_fields.items():
        if name not in inner and (table or name != "name"):
            yield f"| `{name}` | {_default(field)} | {_description(field)} |"
    yield ""
    for name, kind in inner.items():
        inside = f"{table}.{name}" if table else name
        yield from _section(f"[{inside}]" if _is_list(model.model_fields[name]) else inside, kind)


def _table_of(field: FieldInfo) -> type[BaseModel] | None:
    """The model of a field that is a table of its own, or a list of tables; None for a plain value."""
    kinds = (field.annotation, *get_args(field.annotation))
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)


def _is_list(field: FieldInfo) -> bool:
    return get_origin(field.annotation) is tuple


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = field.get_default(call_default_factory=True)
    return "none" if default in (None, (), {}) else f"`{json.dumps(_plain(default))}`"


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


def _description(field: FieldInfo) -> str:
    """The field's docstring. For an enumeration, its values and their docstring follow."""
    text = " ".join((field.description or "").split())
    if isinstance(field.annotation, type) and issubclass(field.annotation, Enum):
        choices = ", ".join(f"`{choice.value}`" for choice in field.annotation)
        text = f"{text} One of {choices}. {(field.annotation.__doc__ or '').strip()}".strip()
    return text.replace("|", "\\|")


if __name__ == "__main__":
    print(page(), end="")
