"""Versions in files that are not manifests, by rules of the profile: text in, text out.

Knows two ways to find them: a pattern that matches exactly once, and the TOML fences of a Markdown file. It does not guess:
a pattern that matches twice or not at all is an error.
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

# A pre-release may have Python's spelling: `1.0.0rc1`.
_VERSION = r"\d+\.\d+\.\d+(?:-?[0-9A-Za-z][0-9A-Za-z-]*(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
_PLACE = "{version}"
_TOML_FENCE = re.compile(r"^ {0,3}(?P<fence>`{3,}|~{3,}) *toml\b.*?^ {0,3}(?P=fence)", re.MULTILINE | re.DOTALL)
_REQUIREMENT = re.compile(
    r"""^(?P<before>\s*(?P<name>[\w-]+)(?:\s*=\s*(?:\{[^}\n]*?\bversion\s*=\s*)?|\.version\s*=\s*)["'])"""
    r"""(?P<requirement>[^"'\n]+)(?=["'])""",
    re.MULTILINE,
)


class FileRule(Value):
    """A file that contains versions. Give exactly one of `pattern` and `toml_fences`."""

    path: TreePath
    """From the repository's root."""
    pattern: str | None = None
    """A regular expression that contains `{version}`. `^` and `$` match at line ends. It must match exactly once."""
    toml_fences: bool = False
    """In the TOML fences of a Markdown file, requirements on the workspace's packages are raised to the new version. A
    requirement that the previous version did not meet stays as it is."""
    package: str | None = None
    """The package whose version the file contains, if packages have versions of their own; left out, it is the release's."""
    since: str | None = None
    """The first version whose file contains the place. Earlier releases need not have it, later ones must."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.pattern is not None) == self.toml_fences:
            raise ValueError("give exactly one of `pattern` and `toml_fences`")
        if self.since is not None and not Version.is_valid(self.since):
            raise ValueError("`since` is not a version such as `1.4.0`")
        if self.pattern is not None:
            if self.pattern.count(_PLACE) != 1:
                raise ValueError("`pattern` needs `{version}` exactly once")
            groups_of(_complete(self.pattern))
        return self

    def holds_for(self, planned: Mapping[str, str]) -> bool:
        """Whether a release of the `planned` versions, by package, is not older than `since`."""
        versions = [parse(version) for name, version in planned.items() if self.package in (None, name)]
        return self.since is None or not versions or max(versions) >= parse(self.since)


def apply_rule(rule: FileRule, text: str | None, current: Mapping[str, str], planned: Mapping[str, str]) -> str:
    """`text` after the rule was applied. `current` has the versions of all members by name, `planned` those that change.

    Raises `FileRuleUnmatched` if the pattern does not match exactly once, `FileRuleWithoutPackage` and `PatternTooSlow`.
    """
    if text is None:
        raise FileRuleUnmatched(rule.path, rule.pattern or "```toml", ())
    if rule.pattern is None:
        return _rewrite_fences(text, current, planned)
    versions = set(planned.values()) if rule.package is None else {planned.get(rule.package)}
    if len(versions) > 1:
        raise FileRuleWithoutPackage(rule.path)
    places = find_all(_complete(rule.pattern), "version", text, rule.path)
    if len(places) != 1:
        raise FileRuleUnmatched(rule.path, rule.pattern, [place.line for place in places])
    return text[: places[0].start] + (versions.pop() or places[0].text) + text[places[0].end :]


def _rewrite_fences(text: str, current: Mapping[str, str], planned: Mapping[str, str]) -> str:
    """`text` with new requirements in its TOML fences, on the packages whose version changes."""

    def rewrite(match: re.Match[str]) -> str:
        name, requirement = match["name"], match["requirement"]
        if name not in planned or not matches(requirement, current[name]):
            return match[0]
        return match["before"] + (rewrite_requirement(requirement, planned[name]) or requirement)

    return _TOML_FENCE.sub(lambda fence: _REQUIREMENT.sub(rewrite, fence[0]), text)


def _complete(pattern: str) -> str:
    return pattern.replace(_PLACE, f"(?P<version>{_VERSION})")
