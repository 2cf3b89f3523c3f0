"""How a workspace names its tags, read off the tags that are there.

Knows the shapes that public workspaces use, and nothing of what a tag stands on.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from semver import Version

from loadmaster.planning.value import Value

_OF_ONE = ("{name}-v{version}", "{name}/v{version}", "{name}@{version}", "{name}/{version}", "{name}-{version}")
_OF_ALL = ("v{version}", "{version}", "v/{version}", "release-{version}", "release/{version}")
_SEMVER = r"(?P<version>\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?)"


class Patterns(Value):
    tag: str
    """What most packages' tags look like."""
    tags: Mapping[str, str]
    """Packages whose tags look otherwise."""


def tag_patterns(tags: Iterable[str], versions: Mapping[str, Collection[str]], *, independent: bool) -> Patterns:
    """The patterns that the newest tag of each package follows.

    `versions` are those that each package has or had, by name: a tag that names no package is taken for the package's own
    only if it carries one of them.
    """
    names = list(tags)
    newest = {name: pattern for name in versions if (pattern := _newest(names, name, versions[name]))}
    if not newest:
        return Patterns(tag="{name}-v{version}" if independent else "v{version}", tags={})
    usual = Counter(newest.values()).most_common(1)[0][0]
    if not independent:
        return Patterns(tag=usual, tags={})
    if "{name}" not in usual:
        named = Counter(each for each in newest.values() if "{name}" in each).most_common(1)
        usual = named[0][0] if named else "{name}-v{version}"
    return Patterns(tag=usual, tags={name: each for name, each in sorted(newest.items()) if each != usual})


def _newest(tags: Collection[str], package: str, versions: Collection[str]) -> str | None:
    """The pattern of the tag with the highest version; of equal ones that which names the package."""
    found: list[tuple[Version, bool, str]] = []
    for pattern in (*_OF_ONE, *_OF_ALL):
        expression = re.escape(pattern).replace(re.escape("{name}"), re.escape(package))
        compiled = re.compile(expression.replace(re.escape("{version}"), _SEMVER))
        for tag in tags:
            match = compiled.fullmatch(tag)
            if match and Version.is_valid(match["version"]) and ("{name}" in pattern or match["version"] in versions):
                found.append((Version.parse(match["version"]), "{name}" in pattern, pattern))
    return max(found, key=lambda each: each[:2])[2] if found else None
