"""GitHub's own description of its REST API (OpenAPI 3.0), asked what is wrong with an answer.

    problems("GET", "/repos/ada/hangar/actions/runs/7", 200, body)   # empty if the body is as described

It knows the description, and where it is known to be wrong (`SLIPS`). It refuses to know who gave the answer: the rehearsal's
forge, or a transport of a client's test.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

from tests.kit.npm_packages import NpmPackage, npm_file

OPENAPI = NpmPackage("@octokit/openapi@23.0.0", "ca719d077b89068da01c4c8aee1c8a8521525af338009ba3664122246622006e")
_FILE = "generated/api.github.com.json"
_HERE = "urn:github"

SLIPS: Mapping[str, frozenset[Any]] = {
    "release-asset/state": frozenset(
        {"starter"}
    ),  # GitHub's page on uploads names it; the description has `uploaded`, `open`
}
"""Values that GitHub gives though its description leaves them out: by schema and property."""


def problems(method: str, path: str, status: int, body: Any) -> list[str]:
    """What is wrong with an answer, each with its place: what the description asks and the body lacks, and keys that it does not
    know. `path` is the request's, without the query, such as `/repos/ada/hangar`. `body` is read from JSON; None if there is none.
    Raises `LookupError` if GitHub has no such request, or it never answers so."""
    schema = answer_schema(method, path, status)
    if schema is None:
        return [] if body in (None, "", {}) else [f"{method} {path} answers {status} without a body"]
    return [*_violations(schema, body), *unknown_keys(schema, body)]


def answer_schema(method: str, path: str, status: int) -> dict[str, Any] | None:
    """None if that answer has no JSON."""
    template, operations = _template(path)
    if method.lower() not in operations:
        raise LookupError(f"GitHub's API has no {method} {template}")
    answers = operations[method.lower()]["responses"]
    if str(status) not in answers:
        raise LookupError(f"{method} {template} never answers {status}, only {', '.join(answers)}")
    answer = _resolved(answers[str(status)])
    kinds = answer.get("content", {})
    schema: dict[str, Any] | None = next((kinds[kind]["schema"] for kind in kinds if kind.endswith("json")), None)
    return schema


def statuses(method: str, path: str) -> frozenset[int]:
    """What GitHub's description says that a request is answered with. Raises `LookupError`."""
    template, operations = _template(path)
    if method.lower() not in operations:
        raise LookupError(f"GitHub's API has no {method} {template}")
    return frozenset(int(status) for status in operations[method.lower()]["responses"])


def schema_problems(name: str, body: Any) -> list[str]:
    """What is wrong with a value of `#/components/schemas/NAME`."""
    schema = {"$ref": f"#/components/schemas/{name}"}
    return [*_violations(schema, body), *unknown_keys(schema, body)]


@cache
def description() -> Any:
    return json.loads(npm_file(OPENAPI, _FILE).read_text(encoding="utf-8"))


@cache
def _templates() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Every path, with what it matches. `{ref}`, `{path}`, `{basehead}`, `{branch}` and `{tag}` may have slashes."""

    def pattern(template: str) -> re.Pattern[str]:
        parts = re.split(r"(\{[^}]+\})", template)
        wide = ("{ref}", "{path}", "{basehead}", "{branch}", "{tag}", "{environment_name}")
        text = (".+" if part in wide else "[^/]+" if part.startswith("{") else re.escape(part) for part in parts)
        return re.compile("".join(text) + "/?")

    # The most literal path first: `/releases/latest` is not `/releases/{release_id}`.
    paths = sorted(description()["paths"], key=lambda path: (path.count("{"), -len(path)))
    return tuple((path, pattern(path)) for path in paths)


def _template(path: str) -> tuple[str, Mapping[str, Any]]:
    for template, pattern in _templates():
        if pattern.fullmatch(path):
            return template, description()["paths"][template]
    raise LookupError(f"GitHub's API has no {path}")


def _resolved(part: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in part:
        found = description()
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step.replace("~1", "/").replace("~0", "~")]
        part = found
    return part


def _or_null(keyword: str) -> Any:
    """OpenAPI's `nullable` beside a keyword of JSON Schema."""
    original = Draft7Validator.VALIDATORS[keyword]

    def judged(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        if instance is None and schema.get("nullable"):
            return
        yield from original(validator, value, instance, schema) or ()

    return judged


_Nullable: Any = extend(  # type: ignore[no-untyped-call]  # its stubs have no types
    Draft7Validator, {word: _or_null(word) for word in ("type", "enum", "anyOf", "allOf", "oneOf")}
)


@cache
def _registry() -> Registry[Any]:
    resource: Resource[Any] = Resource.from_contents(description(), default_specification=DRAFT7)
    known: Registry[Any] = Registry().with_resource(_HERE, resource)
    return known


def _violations(schema: Mapping[str, Any], body: Any) -> list[str]:
    whole = json.loads(json.dumps(schema).replace('"#/', f'"{_HERE}#/'))
    found = _Nullable(whole, registry=_registry()).iter_errors(body)
    return [f"{_place(each.absolute_path)}: {each.message[:300]}" for each in found if not _is_slip(each)]


def _is_slip(error: ValidationError) -> bool:
    parts = [str(part) for part in error.absolute_path]
    known = {value for name, values in SLIPS.items() if parts and name.endswith(f"/{parts[-1]}") for value in values}
    return error.validator == "enum" and error.instance in known


def unknown_keys(schema: Mapping[str, Any], body: Any, place: tuple[Any, ...] = ()) -> Iterator[str]:
    """Keys of `body` that no branch of the schema knows: a slip of a letter is not seen by a validator."""
    if isinstance(body, list):
        items = next((each["items"] for each in _branches(schema) if "items" in each), None)
        for number, each in enumerate(body if items is not None else ()):
            assert items is not None
            yield from unknown_keys(items, each, (*place, number))
    if not isinstance(body, dict):
        return
    branches = list(_branches(schema))
    if any(each.get("additionalProperties") or not each.get("properties") for each in branches if _is_object(each)):
        return
    for key, value in body.items():
        candidates = [each["properties"][key] for each in branches if key in each.get("properties", {})]
        if not candidates:
            yield f"{_place((*place, key))}: GitHub gives no such key"
        else:  # of several shapes that it may have, the one that fits best
            tried = (list(unknown_keys(each, value, (*place, key))) for each in candidates)
            yield from min(tried, key=len)


def _is_object(schema: Mapping[str, Any]) -> bool:
    return schema.get("type") == "object" or "properties" in schema


def _branches(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The schema, resolved, or all that it is made of."""
    whole = _resolved(dict(schema))
    parts = [part for word in ("allOf", "anyOf", "oneOf") for part in whole.get(word, ())]
    if "properties" in whole or not parts:
        yield whole
    for part in parts:
        yield from _branches(part)


def _place(path: Any) -> str:
    return "/".join(str(part) for part in path) or "(top)"
