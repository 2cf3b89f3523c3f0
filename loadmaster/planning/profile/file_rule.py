"""Versions in files that are no manifests, by rules of the profile: text in, text out.

Knows two ways to find them: a pattern that matches exactly once, and the TOML fences of a Markdown file. Refuses to guess: a
pattern that matches twice or not at all is an error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Self

from pydantic import model_validator
from semver import Version

from loadmaster.errors.edits import FileRuleUnmatched, FileRuleWithoutPackage
from loadmaster.planning.profile.profile_patterns import find_all, groups_of
from loadmaster.planning.values.requirement import matches, rewrite_requirement
from loadmaster.planning.values.tree_path import TreePath
from loadmaster.planning.values.value import Value
from loadmaster.planning.values.version import parse

# A pre-release may stand there as Python spells it: `1.0.0rc1`.
_VERSION = r"\d+\.\d+\.\d+(?:-?[0-9A-Za-z][0-9A-Za-z-]*(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
_PLACE = "{version}"
_TOML_FENCE = re.compile(r"^ {0,3}(?P<fence>`{3,}|~{3,}) *toml\b.*?^ {0,3}(?P=fence)", re.MULTILINE | re.DOTALL)
_REQUIREMENT = re.compile(
    r"""^(?P<before>\s*(?P<name>[\w-]+)(?:\s*=\s*(?:\{[^}\n]*?\bversion\s*=\s*)?|\.version\s*=\s*)["'])"""
    r"""(?P<requirement>[^"'\n]+)(?=["'])""",
    re.MULTILINE,
)


class FileRule(Value):
    """A file in which versions stand: exactly one of `pattern` and `toml_fences`."""

    path: TreePath
    """From the repository's root."""
    pattern: str | None = None
    """A regular expression with `{version}` in it, for the version; `^` and `$` are the line's. It must match exactly once."""
    toml_fences: bool = False
    """In a Markdown file's TOML fences, requirements on the workspace's packages follow, as far as they took the former
    version: a line for an older one stays."""
    package: str | None = None
    """Whose version stands there, where packages have versions of their own; the release's if left out."""
    since: str | None = None
    """The first version whose tree has the place: releases before it are asked for nothing, later ones must have it."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.pattern is not None) == self.toml_fences:
            raise ValueError("give exactly one of `pattern` and `toml_fences`")
        if self.since is not None and not Version.is_valid(self.since):
            raise ValueError("`since` is no version, such as `1.4.0`")
        if self.pattern is not None:
            if self.pattern.count(_PLACE) != 1:
                raise ValueError("`pattern` needs `{version}` exactly once")
            groups_of(_completed(self.pattern))
        return self

    def holds_for(self, planned: Mapping[str, str]) -> bool:
        """Whether a release of the `planned` versions, by package, is late enough."""
        versions = [parse(version) for name, version in planned.items() if self.package in (None, name)]
        return self.since is None or not versions or max(versions) >= parse(self.since)


def by_rule(rule: FileRule, text: str | None, current: Mapping[str, str], planned: Mapping[str, str]) -> str:
    """`text` with what the rule says, for the members' versions by name: all `current` ones, and the `planned` that move.

    Raises `FileRuleUnmatched`, unless it has exactly one place or its package stays, `FileRuleWithoutPackage`
    and `PatternTooSlow`.
    """
    if text is None:
        raise FileRuleUnmatched(rule.path, rule.pattern or "```toml", ())
    if rule.pattern is None:
        return _with_requirements(text, current, planned)
    versions = set(planned.values()) if rule.package is None else {planned.get(rule.package)}
    if len(versions) > 1:
        raise FileRuleWithoutPackage(rule.path)
    found = find_all(_completed(rule.pattern), "version", text, rule.path)
    if len(found) != 1:
        raise FileRuleUnmatched(rule.path, rule.pattern, [each.line for each in found])
    return text[: found[0].start] + (versions.pop() or found[0].text) + text[found[0].end :]


def _with_requirements(text: str, current: Mapping[str, str], planned: Mapping[str, str]) -> str:
    """`text` with the requirements in its TOML fences on packages that move, by name."""

    def followed(match: re.Match[str]) -> str:
        name, requirement = match["name"], match["requirement"]
        if name not in planned or not matches(requirement, current[name]):
            return match[0]
        return match["before"] + (rewrite_requirement(requirement, planned[name]) or requirement)

    return _TOML_FENCE.sub(lambda fence: _REQUIREMENT.sub(followed, fence[0]), text)


def _completed(pattern: str) -> str:
    return pattern.replace(_PLACE, f"(?P<version>{_VERSION})")
