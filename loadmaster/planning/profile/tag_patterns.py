"""How a workspace names its tags, judged by the tags that it has.

Knows the patterns that public workspaces use. Does not know which commit a tag points at.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache

from semver import Version

from loadmaster.planning.profile.tag_name import PLAIN, SHORT, VERSION, tag_name, version_in
from loadmaster.planning.values.value import Value

_OWN_FORMS: tuple[str, ...] = (
    "{name}-v{version}",
    "{name}/v{version}",
    "{name}@{version}",
    "{name}/{version}",
    "{name}-{version}",
)
_OWN_FORMS += ("{name}_v{version}", "{name}_{version}", "{name}@v{version}")
_SHARED_FORMS: tuple[str, ...] = ("v{version}", "{version}", "v/{version}", "release-{version}", "release/{version}")
_SHARED_FORMS += ("release-v{version}", "release/v{version}", "version-{version}", "rust-v{version}")
_NEWEST = 10
"""How many tagged versions of a package are looked at. Older ones may have had another pattern."""

_COMPARED = 5
"""How many versions of two packages are compared."""


class Patterns(Value):
    tag: str
    """The pattern of most packages' tags."""
    tags: Mapping[str, str]
    """The patterns of the other packages, by package."""
    tagged_with: Mapping[str, str] = {}
    """Packages without tags of their own, by package: no tag names any package, and their versions are not those of the tags."""
    guessed: tuple[str, ...] = ()
    """The packages whose pattern no tag shows."""
    mixed: Mapping[str, str] = {}
    """The newest tag of each package whose newest tag has another shape than most of its latest ones, by package."""


def tag_patterns(tags: Collection[str], versions: Mapping[str, Collection[str]], *, independent: bool) -> Patterns:
    """The patterns that the tags of each package's newest tagged versions follow; a newer tag counts for more.

    `versions` are those that each package has or had, by name. If packages have versions of their own, a tag without a
    package's name may match a package's version by chance. Three rules guard against that:

    - Such a pattern counts for a package only if one of its two highest tags is one of the package's newest versions: the
      highest may be that of a release that never came out. Versions are taken with and without pre-releases, because many
      pre-releases have no tag.
    - A package whose newest releases have tags with its name leaves such a pattern to a package that has none.
    - Of several packages that would share a name with different versions, the one with most such tags has it.

    Where all tags are such, they are those of one package, and of the others that always had its versions.
    """
    there = frozenset(tags)
    patterns = {
        name: found for name in versions if (found := _usual_pattern(there, name, versions, independent=independent))
    }
    own_patterns = {name: own for name in versions if (own := _own_pattern(there, name, versions))}
    shared = {pattern for name, pattern in patterns.items() if _is_shared(pattern) and name not in own_patterns}
    patterns |= {name: own for name, own in own_patterns.items() if patterns.get(name, own) in {own, *shared}}
    mixed = {name: tag for name in patterns if (tag := _odd_newest(there, name, versions, patterns[name]))}
    if not independent:
        usual = Counter(patterns.values()).most_common(1)[0][0] if patterns else "v{version}"
        return Patterns(tag=usual, tags={}, guessed=() if patterns else tuple(sorted(versions)), mixed=mixed)
    patterns = _leave_to_one(there, versions, patterns)
    if patterns and all(_is_shared(pattern) for pattern in patterns.values()):
        return _of_one_line(there, versions, patterns, mixed)
    named = Counter(pattern for pattern in patterns.values() if "{name}" in pattern).most_common(1)
    usual = named[0][0] if named else "{name}-v{version}"
    return Patterns(
        tag=usual,
        tags={name: pattern for name, pattern in sorted(patterns.items()) if pattern != usual},
        guessed=tuple(sorted(versions.keys() - patterns.keys())),
        mixed={name: tag for name, tag in mixed.items() if name in patterns},
    )


def _of_one_line(
    tags: frozenset[str], versions: Mapping[str, Collection[str]], patterns: Mapping[str, str], mixed: Mapping[str, str]
) -> Patterns:
    """The patterns where no tag names a package: one package leads, the one with most tags and the shortest name."""
    weights = {name: _weight(tags, name, versions[name], pattern) for name, pattern in patterns.items()}
    leader = min(patterns, key=lambda name: (-weights[name], len(name), name))
    along = [name for name in patterns if _goes_along(versions[name], versions[leader])]
    usual = patterns[leader]
    return Patterns(
        tag=usual,
        tags={name: patterns[name] for name in sorted(along) if patterns[name] != usual},
        tagged_with=dict.fromkeys(sorted(versions.keys() - {*along}), leader),
        mixed={name: tag for name, tag in mixed.items() if name in along},
    )


def _goes_along(versions: Collection[str], leading: Collection[str]) -> bool:
    """Whether the newest versions are the leader's newest, as far back as there are any."""
    newest = _newest(versions)[:_COMPARED]
    since = Version.parse(newest[-1])
    return newest == [version for version in _newest(leading) if Version.parse(version) >= since]


def _is_shared(pattern: str) -> bool:
    return _with_whole_version(pattern) in _SHARED_FORMS


def _with_whole_version(pattern: str) -> str:
    return pattern.replace(f"{{{SHORT}}}", "{version}").replace(f"{{{PLAIN}}}", "{version}")


def _spellings(pattern: str) -> Iterator[str]:
    """The pattern with each spelling of the version, the whole one first."""
    for spelling in (VERSION, PLAIN, SHORT):
        yield pattern.replace("{version}", f"{{{spelling}}}")


def _usual_pattern(
    tags: frozenset[str], package: str, versions: Mapping[str, Collection[str]], *, independent: bool = True
) -> str | None:
    """The pattern that most of the package's newest tagged versions follow. Of several, one that names the package is first."""
    newest = _newest(versions[package])
    forms = _seen(tags, package, (*_OWN_FORMS, *_part_forms(package, versions.keys()), *_SHARED_FORMS))
    patterns = [pattern for form in forms for pattern in _spellings(form)]
    latest = {_plain(version) for version in (*newest[:2], *_releases(newest)[:2])}
    # With one version for all, no tag can be another package's.
    allowed = [
        one for one in patterns if not independent or not _is_shared(one) or latest & _highest(tags, one, package)
    ]
    weights = _weights(tags, package, newest, allowed)
    best = max(allowed, key=lambda pattern: weights[pattern], default=None)
    return best if best is not None and weights[best] else None


def _seen(tags: frozenset[str], package: str, forms: Iterable[str]) -> list[str]:
    """The forms with which any tag begins: of hundreds, few are left to be tried with every version."""
    return [form for form in forms if form.partition("{version}")[0].format(name=package) in _heads(tags)]


@lru_cache(maxsize=1)
def _heads(tags: frozenset[str]) -> frozenset[str]:
    """What stands before each number in the tags."""
    return frozenset(tag[: number.start()] for tag in tags for number in re.finditer(r"\d+", tag))


def _weights(tags: frozenset[str], package: str, newest: list[str], patterns: list[str]) -> dict[str, float]:
    """How well each pattern fits the newest tagged versions: the newest one counts 1, the one before it ½, then ⅓."""
    names = {pattern: [tag_name(pattern, package, version) in tags for version in newest] for pattern in patterns}
    tagged = [place for place in range(len(newest)) if any(fits[place] for fits in names.values())][:_NEWEST]
    return {
        pattern: sum(fits[place] / (1 + rank) for rank, place in enumerate(tagged)) for pattern, fits in names.items()
    }


def _weight(tags: frozenset[str], package: str, versions: Collection[str], pattern: str) -> float:
    return _weights(tags, package, _newest(versions), [pattern])[pattern]


def _part_forms(package: str, names: Collection[str]) -> Iterator[str]:
    """Patterns with a part of the package's name: `web-v1.2.3` for `actix-web`, `ed25519-1.2.3` for `ed25519-dalek`.

    A part that is another package's name is that one's. The end of the name comes first, and a long part before a short one.
    """
    words = re.split(r"[-_]", package)
    ends = [words[start:] for start in range(1, len(words))]
    others = [words[start:end] for start in range(len(words)) for end in range(len(words) - 1, start, -1)]
    taken = {_folded(name) for name in names if name != package}
    parts = [separator.join(part) for part in (*ends, *others) for separator in ("-", "_")]
    spelled = [package.replace("_", "-"), package.replace("-", "_")]
    for part in dict.fromkeys((*spelled, *parts)):
        if part != package and _folded(part) not in taken:
            yield from (form.replace("{name}", part) for form in _OWN_FORMS)


def _folded(name: str) -> str:
    return name.lower().replace("_", "-")


def _own_pattern(tags: frozenset[str], package: str, versions: Mapping[str, Collection[str]]) -> str | None:
    """The pattern with the package's name that its newest tagged release follows, of its newest releases."""
    patterns = (
        pattern
        for version in _releases(_newest(versions[package]))[:_NEWEST]
        for form in _seen(tags, package, _OWN_FORMS)
        for pattern in _spellings(form)
        if tag_name(pattern, package, version) in tags
    )
    first = next(patterns, None)
    usual = _usual_pattern(tags, package, versions)
    same_form = first is not None and usual is not None and _with_whole_version(first) == _with_whole_version(usual)
    return usual if same_form else first


def _odd_newest(
    tags: frozenset[str], package: str, versions: Mapping[str, Collection[str]], pattern: str
) -> str | None:
    """The tag of the newest tagged version if it does not follow the pattern; None if it does."""
    shared = _SHARED_FORMS if _is_shared(pattern) else ()
    forms = _seen(tags, package, (*_OWN_FORMS, *_part_forms(package, versions.keys()), *shared))
    for version in _newest(versions[package]):
        if tag_name(pattern, package, version) in tags:
            return None
        other = (tag_name(one, package, version) for form in forms for one in _spellings(form))
        if found := next((tag for tag in other if tag in tags), None):
            return found
    return None


def _leave_to_one(
    tags: frozenset[str], versions: Mapping[str, Collection[str]], patterns: Mapping[str, str]
) -> dict[str, str]:
    """`patterns` without those that lead packages of several versions to one line of tags; the one with most tags keeps it."""
    lines: dict[str, list[str]] = {}
    for name, pattern in patterns.items():
        lines.setdefault(_with_whole_version(pattern).replace("{name}", name), []).append(name)
    leaving = set[str]()
    for names in lines.values():
        current = {name: next(iter(_newest(versions[name])), "") for name in names}
        if len(set(current.values())) > 1:
            first = max(names, key=lambda name: _weight(tags, name, versions[name], patterns[name]))
            leaving |= {name for name in names if current[name] != current[first]}
    return {name: pattern for name, pattern in patterns.items() if name not in leaving}


def _newest(versions: Collection[str]) -> list[str]:
    return sorted(filter(Version.is_valid, versions), key=Version.parse, reverse=True)


def _releases(versions: Collection[str]) -> list[str]:
    """The versions without pre-releases."""
    return [version for version in versions if Version.parse(version).prerelease is None]


def _plain(version: str) -> str:
    return version.partition("+")[0]


def _highest(tags: Collection[str], pattern: str, package: str) -> set[str]:
    """The two highest versions among the tags of the pattern, without build metadata."""
    texts = {_plain(text) for tag in tags if (text := version_in(tag, pattern, package)) is not None}
    return set(sorted(filter(Version.is_valid, texts), key=Version.parse, reverse=True)[:2])
