"""How a workspace names its tags, read off the tags that are there.

Knows the shapes that public workspaces use, and nothing of what a tag stands on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

from semver import Version

from loadmaster.planning.values.value import Value

_OF_ONE = ("{name}-v{version}", "{name}/v{version}", "{name}@{version}", "{name}/{version}", "{name}-{version}")
_OF_ALL = ("v{version}", "{version}", "v/{version}", "release-{version}", "release/{version}")
_NEWEST = 10
"""As many versions of a package are looked at: older ones may have had another pattern."""


class Patterns(Value):
    tag: str
    """What most packages' tags look like."""
    tags: Mapping[str, str]
    """Packages whose tags look otherwise."""


def tag_patterns(tags: Collection[str], versions: Mapping[str, Collection[str]], *, independent: bool) -> Patterns:
    """The patterns that the tags of each package's newest versions follow.

    `versions` are those that each package has or had, by name. Where packages have versions of their own, a tag that names
    none may carry the version of one by chance: such a pattern is a package's own only if the highest of its tags is of the
    package's newest versions, with pre-releases or without: many have no tag. And a package of whose newest releases some
    have tags of its name leaves it to one that has none. Build metadata means nothing: the tag of `1.0.3+spec` is `v1.0.3` in
    most workspaces.
    """
    there = _bare(tags)
    followed = {name: pattern for name in versions if (pattern := _followed(there, name, versions[name]))}
    by_name = {name: own for name in versions if (own := _named(there, name, versions[name]))}
    meant = {pattern for name, pattern in followed.items() if pattern in _OF_ALL and name not in by_name}
    followed |= {name: own for name, own in by_name.items() if followed.get(name, own) in {own, *meant}}
    if not followed:
        return Patterns(tag="{name}-v{version}" if independent else "v{version}", tags={})
    usual = Counter(followed.values()).most_common(1)[0][0]
    if not independent:
        return Patterns(tag=usual, tags={})
    if "{name}" not in usual:
        named = Counter(pattern for pattern in followed.values() if "{name}" in pattern).most_common(1)
        usual = named[0][0] if named else "{name}-v{version}"
    return Patterns(tag=usual, tags={name: pattern for name, pattern in sorted(followed.items()) if pattern != usual})


def _bare(texts: Collection[str]) -> frozenset[str]:
    """Without build metadata."""
    return frozenset(text.partition("+")[0] for text in texts)


def _followed(tags: Collection[str], package: str, versions: Collection[str]) -> str | None:
    """The pattern that most of the package's newest versions follow; of equal ones that which names the package."""
    newest = _newest(versions)
    tagged = {*newest[:2], *_releases(newest)[:2]}
    counts = {
        pattern: sum(pattern.format(name=package, version=version) in tags for version in newest[:_NEWEST])
        for pattern in (*_OF_ONE, *_of_short_name(package), *_OF_ALL)
        if pattern not in _OF_ALL or _highest(tags, pattern) in tagged
    }
    pattern = max(counts, key=lambda each: counts[each])
    return pattern if counts[pattern] else None


def _of_short_name(package: str) -> tuple[str, ...]:
    """As if the package were called by the end of its name: `web-v1.2.3` for `actix-web`."""
    words = package.split("-")
    ends = ["-".join(words[start:]) for start in range(1, len(words))]
    return tuple(pattern.replace("{name}", end) for end in ends for pattern in _OF_ONE)


def _named(tags: Collection[str], package: str, versions: Collection[str]) -> str | None:
    """The pattern with the package's name that the newest tagged one of its newest releases follows."""
    told = (
        each
        for version in _releases(_newest(versions))[:_NEWEST]
        for each in _OF_ONE
        if each.format(name=package, version=version) in tags
    )
    return next(told, None)


def _newest(versions: Collection[str]) -> list[str]:
    return sorted(filter(Version.is_valid, _bare(versions)), key=Version.parse, reverse=True)


def _releases(versions: Collection[str]) -> list[str]:
    """Without pre-releases."""
    return [version for version in versions if Version.parse(version).prerelease is None]


def _highest(tags: Collection[str], pattern: str) -> str | None:
    """The highest version among the tags of a pattern that names no package."""
    before, _, after = pattern.partition("{version}")
    found = (tag.removeprefix(before).removesuffix(after) for tag in tags if tag.startswith(before))
    return max(filter(Version.is_valid, found), key=Version.parse, default=None)
