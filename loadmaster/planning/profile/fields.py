"""The fields of a profile, each with what its docstring says: for `docs/project.md`, and for `loadmaster profile explain`."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from enum import Enum
from typing import Any, get_args, get_origin

from pydantic.fields import FieldInfo

from loadmaster.errors.profile.lying import ProfileFieldUnknown
from loadmaster.planning.profile.project import Project
from loadmaster.planning.values.value import Value, docstrings_of


class ProfileField(Value):
    name: str
    default: str
    """As it is written in a profile, in backticks; `required` or `none`."""
    says: str


class ProfileTable(Value):
    name: str
    """With dots, such as `release.files`; "" for the fields that are in no table."""
    is_list: bool
    """Whether it may be there several times, `[[release.files]]`."""
    says: str
    fields: tuple[ProfileField, ...]
    """Without those that are tables themselves."""

    @property
    def header(self) -> str:
        """As a profile has it."""
        return f"[[{self.name}]]" if self.is_list else f"[{self.name}]"

    def path_of(self, field: ProfileField) -> str:
        return f"{self.name}.{field.name}" if self.name else field.name


def tables() -> tuple[ProfileTable, ...]:
    """Every table of a profile, the outer ones first; the first of all is no table but the profile's top."""
    return tuple(_tables("", Project, is_list=False))


def explain(wanted: str) -> tuple[ProfileTable, ProfileField | None]:
    """The field with its table; or a table alone, None beside it. Brackets do not count. Raises `ProfileFieldUnknown`."""
    name = wanted.strip().strip("[]`")
    known = {table.path_of(field): (table, field) for table in tables() for field in table.fields}
    if name in known:
        return known[name]
    named = {table.name: table for table in tables() if table.name}
    if name in named:
        return named[name], None
    raise ProfileFieldUnknown(wanted, _nearest(name, (*known, *named)))


def _nearest(name: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """Those that end as the name does, such as `release.tag` for `tag`; else those that are spelt alike."""
    last = name.rpartition(".")[2]
    same = [each for each in known if each.rpartition(".")[2] == last]
    alike = difflib.get_close_matches(name, known, n=3)
    ends = {each.rpartition(".")[2]: each for each in known}
    return tuple(
        dict.fromkeys([*same[:3], *alike, *(ends[end] for end in difflib.get_close_matches(last, ends, n=2))])
    )[:3]


def _tables(name: str, model: type[Value], *, is_list: bool) -> Iterator[ProfileTable]:
    inner = {key: kind for key, field in model.model_fields.items() if (kind := _table_of(field)) is not None}
    fields = tuple(
        ProfileField(
            name=key, default=_default(name, key, field), says=_description(docstrings_of(model).get(key, ""), field)
        )
        for key, field in model.model_fields.items()
        if key not in inner
    )
    yield ProfileTable(name=name, is_list=is_list, says=" ".join((model.__doc__ or "").split()), fields=fields)
    for key, kind in inner.items():
        inside = f"{name}.{key}" if name else key
        yield from _tables(inside, kind, is_list=get_origin(model.model_fields[key].annotation) is tuple)


def _table_of(field: FieldInfo) -> type[Value] | None:
    """The model of a field that is a table of its own, or a list of tables; None for a plain value."""
    kinds = (field.annotation, *get_args(field.annotation))
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Value)), None)


def _default(table: str, key: str, field: FieldInfo) -> str:
    if (table, key) == ("", "name"):
        return "NAME of `forge`"  # the model has it filled in
    if field.is_required():
        return "required"
    default = field.get_default(call_default_factory=True)
    return "none" if default in (None, (), {}) else f"`{json.dumps(_plain(default))}`"


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


def _description(docstring: str, field: FieldInfo) -> str:
    """The docstring of the field. For an enumeration, its values and their docstring follow."""
    text = " ".join(docstring.split())
    if isinstance(field.annotation, type) and issubclass(field.annotation, Enum):
        choices = ", ".join(f"`{choice.value}`" for choice in field.annotation)
        text = f"{text} One of {choices}. {(field.annotation.__doc__ or '').strip()}".strip()
    return text
