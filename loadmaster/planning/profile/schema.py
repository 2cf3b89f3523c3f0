"""The JSON Schema of a profile that lies in its repository, for editors: `python -m loadmaster.planning.profile.schema`.

It knows shapes and names. What fields mean together, and what a profile in a repository may not have, `loadmaster profile check`
says.
"""

from __future__ import annotations

import json
from typing import Any

from loadmaster.planning.profile.in_repository import NAME
from loadmaster.planning.profile.project import Project

_ELSEWHERE = ("repository", "directory")
"""Fields of `[source]` that only a profile in `projects/` has."""


def json_schema() -> str:
    """`docs/profile.schema.json` is this text, and what `loadmaster init` writes beside a profile."""
    schema = Project.model_json_schema()
    _require_only_forge(schema)
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "A profile of Loadmaster"}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _require_only_forge(schema: dict[str, Any]) -> None:
    """The place of the profile gives the rest."""
    schema["required"] = ["forge"]
    schema["properties"]["name"]["pattern"] = NAME
    source = schema["$defs"]["Source"]
    for key in _ELSEWHERE:
        del source["properties"][key]


if __name__ == "__main__":
    print(json_schema(), end="")
