"""Templates of other tools as patterns of a profile: `{{ version }}` as `{version}`. Knows placeholders, and no logic in them."""

from __future__ import annotations

import re
from collections.abc import Mapping

_PLACE = re.compile(r"\{\{-?\s*(?P<name>[\w.]+)\s*-?\}\}")


def pattern_of(template: str, names: Mapping[str, str]) -> str | None:
    """The template with what stands for each of its placeholders, as `names` has it.

    None if it has others, or braces that are none: then no pattern can say the same.
    """
    parts, end = [], 0
    for match in _PLACE.finditer(template):
        if match["name"] not in names:
            return None
        parts += [template[end : match.start()], names[match["name"]]]
        end = match.end()
    parts.append(template[end:])
    return None if any(sign in text for text in parts[::2] for sign in "{}") else "".join(parts)
