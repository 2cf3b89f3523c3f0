"""The shape of a Cargo manifest, as far as Loadmaster reads one: the type of each field. `manifest_package` knows their meaning.

Only cargo checks the rest of a manifest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

T = TypeVar("T")

_KINDS = {
    "model_type": "is not a table",
    "dict_type": "is not a table",
    "list_type": "is not a list",
    "string_type": "is not a string",
    "bool_type": "is neither `true` nor `false`",
}


def shape_problem(manifest: Mapping[str, Any]) -> str | None:
    """The first field whose type cargo would not accept; None if there is none."""
    try:
        _Manifest.model_validate(manifest)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        message = first["msg"].removeprefix("Value error, ")
        return f"`{'.'.join(map(str, first['loc']))}` {_KINDS.get(first['type'], message)}"
    return None


def _skip_inherited(value: Any) -> Any:
    """A field with `workspace = true` has no value of its own; the inherited value is checked in the root manifest."""
    return None if isinstance(value, Mapping) and value.get("workspace") is True else value


def _dependency(entry: Any) -> Any:
    return {"version": entry} if isinstance(entry, str) else entry


def _publish(value: Any) -> Any:
    return None if isinstance(value, bool) else value


def _package_name(name: str) -> str:
    if re.fullmatch(r"[\w-]+", name) is None:
        raise ValueError("has characters that a package's name cannot have: it may have letters, digits, `-` and `_`")
    return name


_Inherited = Annotated[T | None, BeforeValidator(_skip_inherited)]
_Name = Annotated[str, AfterValidator(_package_name)]


class _Shape(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


class _Dependency(_Shape):
    version: str | None = None
    path: str | None = None
    git: str | None = None
    branch: str | None = None
    tag: str | None = None
    rev: str | None = None
    package: str | None = None
    optional: bool | None = None
    workspace: bool | None = None


_Dependencies = dict[str, Annotated[_Dependency, BeforeValidator(_dependency)]]


class _Tables(_Shape):
    dependencies: _Dependencies = {}
    dev: _Dependencies = Field({}, alias="dev-dependencies")
    dev_by_its_old_name: _Dependencies = Field({}, alias="dev_dependencies")
    build: _Dependencies = Field({}, alias="build-dependencies")
    build_by_its_old_name: _Dependencies = Field({}, alias="build_dependencies")


class _Shared(_Shape):
    version: _Inherited[str] = None
    edition: _Inherited[str] = None
    description: _Inherited[str] = None
    license: _Inherited[str] = None
    license_file: _Inherited[str] = Field(None, alias="license-file")
    rust_version: _Inherited[str] = Field(None, alias="rust-version")
    publish: Annotated[_Inherited[list[str]], BeforeValidator(_publish)] = None
    exclude: _Inherited[list[str]] = None


class _Package(_Shared):
    name: _Name | None = None
    workspace: str | None = None
    autobins: bool | None = None


class _Workspace(_Shape):
    members: list[str] = []
    exclude: list[str] = []
    package: _Shared | None = None
    dependencies: _Dependencies = {}


class _Binary(_Shape):
    name: str | None = None
    path: str | None = None


class _Manifest(_Tables):
    package: _Package | None = None
    workspace: _Workspace | None = None
    target: dict[str, _Tables] = {}
    bin: list[_Binary] = []
    patch: dict[str, _Dependencies] = {}
