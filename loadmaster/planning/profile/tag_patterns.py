"""How a workspace names its tags, judged by the tags that it has.

Knows the patterns that public workspaces use. Does not know which commit a tag points at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

from semver import Version

from loadmaster.planning.values.value import Value

_OWN_PATTERNS = ("{name}-v{version}", "{name}/v{version}", "{name}@{version}", "{name}/{version}", "{name}-{version}")
_SHARED_PATTERNS = ("v{version}", "{version}", "v/{version}", "release-{version}", "release/{version}")
_NEWEST = 10
"""How many versions of a package are looked at. Older ones may have had another pattern."""


class Patterns(Value):
    tag: str
    """The pattern of most packages' tags."""
    tags: Mapping[str, str]
    """The patterns of the other packages, by package."""


def tag_patterns(tags: Collection[str], versions: Mapping[str, Collection[str]], *, independent: bool) -> Patterns:
    """The patterns that the tags of each package's newest versions follow.

    `versions` are those that each package has or had, by name. If packages have versions of their own, a tag without a
    package's name may match a package's version by chance. Two rules guard against that:

    - Such a pattern counts for a package only if its highest tag is one of the package's newest versions. These are taken
      with and without pre-releases, because many pre-releases have no tag.
    - A package whose newest releases have tags with its name leaves such a pattern to a package that has none.

    Build metadata is ignored: the tag of `1.0.3+spec` is `v1.0.3` in most workspaces.
    """
    bare = _strip_build(tags)
    patterns = {name: pattern for name in versions if (pattern := _usual_pattern(bare, name, versions[name]))}
    own_patterns = {name: own for name in versions if (own := _own_pattern(bare, name, versions[name]))}
    shared = {pattern for name, pattern in patterns.items() if pattern in _SHARED_PATTERNS and name not in own_patterns}
    patterns |= {name: own for name, own in own_patterns.items() if patterns.get(name, own) in {own, *shared}}
    if not patterns:
        return Patterns(tag="{name}-v{version}" if independent else "v{version}", tags={})
    usual = Counter(patterns.values()).most_common(1)[0][0]
    if not independent:
        return Patterns(tag=usual, tags={})
    if "{name}" not in usual:
        named = Counter(pattern for pattern in patterns.values() if "{name}" in pattern).most_common(1)
        usual = named[0][0] if named else "{name}-v{version}"
    return Patterns(tag=usual, tags={name: pattern for name, pattern in sorted(patterns.items()) if pattern != usual})


def _strip_build(texts: Collection[str]) -> frozenset[str]:
    """The versions or tags without build metadata."""
    return frozenset(text.partition("+")[0] for text in texts)


def _usual_pattern(tags: Collection[str], package: str, versions: Collection[str]) -> str | None:
    """The pattern that most of the package's newest versions follow. Of several, one that names the package comes first."""
    newest = _newest(versions)
    tagged = {*newest[:2], *_releases(newest)[:2]}
    counts = {
        pattern: sum(pattern.format(name=package, version=version) in tags for version in newest[:_NEWEST])
        for pattern in (*_OWN_PATTERNS, *_short_name_patterns(package), *_SHARED_PATTERNS)
        if pattern not in _SHARED_PATTERNS or _highest(tags, pattern) in tagged
    }
    pattern = max(counts, key=lambda candidate: counts[candidate])
    return pattern if counts[pattern] else None


def _short_name_patterns(package: str) -> tuple[str, ...]:
    """Patterns with the end of the package's name in place of the whole: `web-v1.2.3` for `actix-web`."""
    words = package.split("-")
    ends = ["-".join(words[start:]) for start in range(1, len(words))]
    return tuple(pattern.replace("{name}", end) for end in ends for pattern in _OWN_PATTERNS)


def _own_pattern(tags: Collection[str], package: str, versions: Collection[str]) -> str | None:
    """The pattern with the package's name that its newest tagged release follows, of its newest releases."""
    patterns = (
        pattern
        for version in _releases(_newest(versions))[:_NEWEST]
        for pattern in _OWN_PATTERNS
        if pattern.format(name=package, version=version) in tags
    )
    return next(patterns, None)


def _newest(versions: Collection[str]) -> list[str]:
    return sorted(filter(Version.is_valid, _strip_build(versions)), key=Version.parse, reverse=True)


def _releases(versions: Collection[str]) -> list[str]:
    """The versions without pre-releases."""
    return [version for version in versions if Version.parse(version).prerelease is None]


def _highest(tags: Collection[str], pattern: str) -> str | None:
    """The highest version among the tags of a pattern that names no package."""
    before, _, after = pattern.partition("{version}")
    texts = (tag.removeprefix(before).removesuffix(after) for tag in tags if tag.startswith(before))
    return max(filter(Version.is_valid, texts), key=Version.parse, default=None)
