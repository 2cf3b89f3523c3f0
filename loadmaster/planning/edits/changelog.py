"""A changelog in the format of Keep a Changelog or a relative: text in, text out. Every other byte stays.

Knows headings of versions such as `## [v1.2.3] - 2026-01-31`, of any level or underlined, with or without `v`, brackets, emphasis,
a picture, a name (`## mdBook 0.5.4`), a day in parentheses or in a line `Released 2026-01-31.` below; and `## [Unreleased]`, `Next`
and their like. The text between headings is free; it is moved and never interpreted. `changelog_titles` finds the headings,
`changelog_dates` reads days, `changelog_links` handles the links at the bottom.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from datetime import date
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from semver import Version

from loadmaster.errors.edits import ChangelogHeadings, HeadingOfSeveral, SeveralUnreleased
from loadmaster.planning.edits.changelog_dates import find_day, spell_day
from loadmaster.planning.edits.changelog_links import add_link, comparison_at, next_address, next_comparison
from loadmaster.planning.edits.changelog_titles import Title, titles
from loadmaster.planning.values.value import Value

_LONGEST_HEADING = 300
_NEWEST = 3
"""How many of the newest headings show whether packages share the file."""
_BEFORE = r"(?:(?:<[^<>]{0,80}>|[^\w\s\[<])\s*)*"
"""An anchor, a picture or emphasis before the words."""
_NAME = r"(?:(?:`?[A-Za-z][\w.+'’-]*`?[ ]+){1,3}(?:[-–—:][ ]+)?|[A-Za-z][\w-]*[-/@])"
_NUMBER = r"(?:0|[1-9]\d*)"
_VERSION = re.compile(
    rf"(?P<open>{_BEFORE}\[?(?P<name>{_NAME})?[\[`*_]*v?)"
    rf"(?P<version>{_NUMBER}\.{_NUMBER}(?:\.{_NUMBER})?(?:[-+][0-9A-Za-z.+-]+)?)(?P<close>[\]*_`]*)"
    r"(?:\((?P<link>[^)]*)\))?(?P<mark>[*_`:]*)(?:[ \t,]+(?P<rest>.*))?",
    re.IGNORECASE,
)
_PLAIN_WORDS = {"version", "release", "released", "changes", "in", "with", "for", "what's", "what’s", "new"}
"""Words before a number that say that it is a version."""
_OTHER_WORDS = {
    "from",
    "to",
    "since",
    "until",
    "before",
    "after",
    "with",
    "without",
    "requires",
    "rust",
    "msrv",
    "and",
    "for",
}
"""Words before a number that say that it is somebody else's, or not the section's."""
_ANOTHER = re.compile(r"[A-Za-z][\w-]*`?[ @]+v?\d+\.\d+\.\d+")
_BARE_REST = re.compile(
    r"[^\w]*(?:TBD|TBA|unreleased|releasedate|released|yanked|\d{4}-\w\w-\w\w|YYYY-MM-DD)?[^\w]*", re.IGNORECASE
)
_NO_DATE_YET = re.compile(r"[^\w]*(?:TBD|TBA|unreleased|releasedate|\d{4}-\w\w-\w\w|YYYY-MM-DD)?[^\w]*", re.IGNORECASE)
_UNRELEASED = re.compile(
    rf"{_BEFORE}\[?(?:[A-Za-z][\w-]*[ ]+)?(?:unreleased\b.*|vnext\b.*"
    r"|(?:next|upcoming)(?:[ ](?:release|version|changes))?\]?(?P<rest>[^\w]*(?:\(.*\)|TB[DA]|ReleaseDate|[Xx0-9YMD-]+)?[^\w]*)"
    r"|(?:in development|in progress|work in progress|pending)[^\w]*)",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_EMPTY_HEADINGS = re.compile(r"^ {0,3}#{2,6}[ \t][^\n]*$", re.MULTILINE)
_TO_DO = re.compile(r"^[ \t]*(?:[-*+][ \t]+)?TODO\b[^\n]*$", re.MULTILINE)
_NOTHING = re.compile(r"\s*(?:-{3,}|\*{3,}|_{3,}|[_*(]*(?:no|nothing|none)\b[^\n]{0,60})?\s*", re.IGNORECASE)
_RELEASED = re.compile(
    r"\s*\n(?P<lead>[*_]*(?:Released?|Date)(?: date)?(?: on)?:? +)(?P<day>[^\n]*?)(?P<tail>[.*_]*)[ \t]*(?=\r?\n|\Z)",
    re.IGNORECASE,
)
_RELEASES = re.compile(r"https?://[^\s)]+/releases\b")
_OBSOLETE = re.compile(
    r"no longer (?:used|maintained|updated|kept)|not (?:used|maintained|updated) any ?more|\bobsolete\b|\bdiscontinued\b",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    r"(?:\b(?:see|moved to|merged into|refer to|found in|lives in|kept in)\b[^\n]{0,80}"
    r"(?:top-level|toplevel|root|main|workspace|\.\./|/)[^\n]{0,40}change ?log)",
    re.IGNORECASE,
)


class Heading(Value):
    """The heading of one version."""

    version: str
    """The version without `v`, with all three numbers."""
    date: str | None
    """`YYYY-MM-DD`, also if the heading writes the month out; None if it has no date."""
    line: int
    """The line of the heading, counted from 1."""


class _Version(NamedTuple):
    """A heading that names a version."""

    title: Title
    match: re.Match[str]

    @property
    def version(self) -> str:
        return _whole(self.match["version"])

    @property
    def number(self) -> Version | None:
        """None if it is no SemVer."""
        return Version.parse(self.version) if Version.is_valid(self.version) else None

    @property
    def rest(self) -> str:
        """What follows the version."""
        return self.match["rest"] or ""

    @property
    def words(self) -> set[str]:
        """The words before the number, in lower case."""
        return {word.strip("`:-–—") for word in re.split(r"[\s/@]+", (self.match["name"] or "").lower())} - {""}

    @property
    def is_named(self) -> bool:
        """Whether the words before the number may be a name, and nothing else says that it is a version."""
        return not self.words & {"version", "release"} and not self.words <= _PLAIN_WORDS

    @property
    def is_bare(self) -> bool:
        """Whether nothing but a day follows the number."""
        day = find_day(self.rest)
        rest = self.rest if day is None else self.rest[: day.start] + self.rest[day.end :]
        return _BARE_REST.fullmatch(rest) is not None or re.fullmatch(r"\([^()]*\)", self.rest.strip()) is not None

    @property
    def names_several(self) -> bool:
        return _ANOTHER.search(self.rest) is not None


class _Known(NamedTuple):
    """What is understood of a text's headings, each from the top."""

    bounds: tuple[Title, ...]
    """Where a section may end: versions, what is to come, and every other heading of their level or above."""
    versions: tuple[_Version, ...]
    unreleased: tuple[Title, ...]


def _whole(version: str) -> str:
    """`0.29` as `0.29.0`."""
    numbers = re.match(r"\d+\.\d+(?!\.?\d)", version)
    return version if numbers is None else f"{numbers[0]}.0{version[numbers.end() :]}"


def is_of(heading: str, version: str) -> bool:
    """Whether a heading's version is `version`. Many headings leave build metadata out, as many tags do."""
    one, other = _whole(heading), _whole(version)
    return one == other or (not ("+" in one and "+" in other) and _plain(one) == _plain(other))


def _plain(version: str) -> str:
    return version.partition("+")[0]


@lru_cache(maxsize=16)
def _known(text: str) -> _Known:
    every = titles(text)
    numbered = [version for title in every if (version := _version_of(title)) is not None]
    versions = _sections(numbered)
    unreleased = tuple(title for title in every if _is_unreleased(title))
    level = min((version.title.level for version in versions), default=None)
    if level is None:
        level = min((title.level for title in unreleased), default=2)
    own = {version.title.start for version in versions} | {title.start for title in unreleased}
    bounds = (title for title in every if title.start in own or (title.level <= level and not title.underline))
    return _Known(tuple(bounds), versions, unreleased)


def _version_of(title: Title) -> _Version | None:
    """The version that the heading may be of."""
    match = _VERSION.fullmatch(title.text) if len(title.text) <= _LONGEST_HEADING else None
    if match is None:
        return None
    version = _Version(title, match)
    is_short = re.fullmatch(r"\d+\.\d+", match["version"]) is not None
    of_another = "changes" not in version.words and version.words & _OTHER_WORDS
    return None if of_another or (is_short and not version.is_bare) else version


def _is_unreleased(title: Title) -> bool:
    return len(title.text) <= _LONGEST_HEADING and _UNRELEASED.fullmatch(title.text) is not None


def _sections(numbered: list[_Version]) -> tuple[_Version, ...]:
    """Those of the numbered headings that begin a version's section.

    A number alone does, at the highest level that has one, and below it if no heading at that level names the same version
    and nothing but a day follows. A number after a name does at the same level, or if there are no other ones.
    """
    plain = [version for version in numbered if not version.is_named]
    named = [version for version in numbered if version.is_named and (version.is_bare or version.names_several)]
    level = min((version.title.level for version in plain or named), default=0)
    there = {version.version for version in plain if version.title.level == level}
    sections = [version for version in (*plain, *named) if version.title.level == level]
    sections += [
        version for version in plain if version.title.level > level and version.is_bare and version.version not in there
    ]
    return tuple(sorted(sections, key=lambda version: version.title.start))


def headings(text: str) -> tuple[Heading, ...]:
    """The headings of versions, from the top. Raises `ChangelogTooLong`, as everything here does."""
    return tuple(
        Heading(version=version.version, date=_date_of(text, version), line=version.title.number)
        for version in _known(text).versions
    )


def _date_of(text: str, version: _Version) -> str | None:
    below = _RELEASED.match(text, version.title.end)
    found = find_day(version.rest) or (find_day(below["day"]) if below else None)
    return str(found.day) if found else None


def release_heading(text: str, version: str, released: date) -> str:
    """`text` with a dated heading for `version`, in the form of the newest heading.

    It goes below `## [Unreleased]`, whose entries become the version's, else above the newest version, else to the end.
    If `text` has a heading for `version`, that one stays, and gets the date if it has none yet. If the file has a link for
    each version, it gets one for `version`.

    Raises `ChangelogHeadings` if there are several headings for `version`, or for the newest version; `SeveralUnreleased`;
    and `HeadingOfSeveral` if the newest headings name several packages.
    """
    _require_one_newest(text, version)
    known = _known(text)
    existing = next((each for each in known.versions if is_of(each.version, version)), None)
    if existing is not None:
        return _fill_in_date(text, existing, released)
    unreleased = _unreleased(text)
    newest = next((each for each in known.versions if unreleased is None or each.title.start > unreleased.start), None)
    if newest is not None and _is_of_several(newest, known.versions):
        raise HeadingOfSeveral(newest.title.text, newest.title.number)
    version = _spelled(version, newest, known.versions)
    day = None if leaves_out_days(text, version) else released
    heading = _heading_like(text, newest, version, day) + _comparison_like(text, newest, unreleased, version)
    former = newest.match["version"] if newest else None
    return add_link(_insert(text, heading, unreleased, released), version, former)


def _spelled(version: str, newest: _Version | None, versions: tuple[_Version, ...]) -> str:
    """The version as the headings write it: without build metadata, or without a patch number that is 0, if they do."""
    if newest is not None and "+" not in newest.version:
        version = _plain(version)
    first = next((each for each in versions if each.version.endswith(".0")), None)  # the newest with such a number
    is_short = first is not None and first.match["version"].count(".") == 1
    return version.removesuffix(".0") if is_short and re.fullmatch(r"\d+\.\d+\.0", version) else version


def names_several(text: str) -> bool:
    """Whether the newest headings name several packages, so that `release_heading` refuses."""
    versions = _known(text).versions
    return bool(versions) and _is_of_several(versions[0], versions)


def _is_of_several(newest: _Version, versions: tuple[_Version, ...]) -> bool:
    """Whether the heading names several packages, or one and the headings beside it another."""
    beside = versions[versions.index(newest) :][:_NEWEST]
    return newest.names_several or len({frozenset(each.words) for each in beside if each.is_named}) > 1


def _require_one_newest(text: str, version: str) -> None:
    """Older versions may have several headings: they are history, and public changelogs have such."""
    existing = headings(text)
    for unique in (_whole(version), *(heading.version for heading in existing[:1])):
        lines = [heading.line for heading in existing if is_of(heading.version, unique)]
        if len(lines) > 1:
            raise ChangelogHeadings(unique, lines)


def _unreleased(text: str) -> Title | None:
    """The heading of what is to come. Of several the one with entries; raises `SeveralUnreleased` if several have."""
    every = _known(text).unreleased
    filled = [title for title in every if not _is_empty(text, title)]
    if len(filled) > 1:
        raise SeveralUnreleased([title.number for title in filled])
    return next(iter((*filled, *every)), None)


def leaves_out_days(text: str, version: str) -> bool:
    """Whether the headings of the two newest other versions have no date, and no place for one."""
    others = [each for each in _known(text).versions if not is_of(each.version, version)][:2]
    return len(others) == 2 and all(not each.rest and _RELEASED.match(text, each.title.end) is None for each in others)


def is_understood(text: str) -> bool:
    """Whether a heading is a version's, or that of what is to come."""
    known = _known(text)
    return bool(known.versions or known.unreleased)


def has_unreleased(text: str) -> bool:
    """Whether there is a section for the next version's entries above all versions."""
    known = _known(text)
    first = min((title.start for title in known.unreleased), default=None)
    return first is not None and all(version.title.start > first for version in known.versions)


def leaves_it_to_releases(text: str) -> bool:
    """Whether the text has a link to the forge's releases, but no heading of a version and no Unreleased."""
    return not is_understood(text) and _RELEASES.search(text) is not None


def obsolete_line(text: str) -> int | None:
    """The line in which the text says, above its versions, that another file took its place; None if it does not.

    A text with a section for what is to come is in use.
    """
    known = _known(text)
    start = min((version.title.start for version in known.versions), default=len(text))
    above = text[: min(start, 2000)]
    found = _OBSOLETE.search(above) or (_ELSEWHERE.search(above) if not known.versions else None)
    return None if found is None or known.unreleased else text.count("\n", 0, found.start()) + 1


def waits_for_entries(text: str) -> bool:
    """Whether Unreleased is empty, or there is no such heading."""
    return all(_is_empty(text, title) for title in _known(text).unreleased)


def _is_empty(text: str, unreleased: Title) -> bool:
    """Whether there are no entries below the heading: comments, smaller headings and words that say so are none."""
    below = _RELEASED.match(text, unreleased.end)
    place = unreleased.end if below is None or find_day(below["day"]) else below.end()
    return _is_nothing(text[_after_comparison(text, place) : _end_of(text, unreleased)])


def _entries_from(text: str, place: int) -> int:
    """Where the entries of a section may begin, below the day and the comparison."""
    below = _RELEASED.match(text, place)
    return _after_comparison(text, below.end() if below else place)


def _after_comparison(text: str, place: int) -> int:
    line = comparison_at(text, place)
    return line.end() if line else place


def _is_nothing(section: str) -> bool:
    for passed_over in (_COMMENT, _EMPTY_HEADINGS, _TO_DO):
        section = passed_over.sub("", section)
    return _NOTHING.fullmatch(section.strip()) is not None


def _end_of(text: str, title: Title) -> int:
    """Offset of the next heading that is not below `title`, or the text's end."""
    bounds = _known(text).bounds
    following = bisect_right(bounds, title.start, key=lambda other: other.start)
    return bounds[following].start if following < len(bounds) else len(text)


def lines_of(text: str, version: str) -> tuple[tuple[int, str], ...]:
    """The lines under the heading of `version`, each with its number, without comments. Raises what `notes` raises."""
    return _numbered(text, *_section(text, version))


def lines_to_come(text: str, released: str) -> tuple[tuple[int, str], ...]:
    """The lines of all that is not out yet, each with its number, without comments.

    That is what stands under the headings of what is to come, and of versions above `released`.
    """
    known, last = _known(text), Version.parse(_whole(released))
    above = [each.title for each in known.versions if each.number is not None and each.number > last]
    titles = sorted({*known.unreleased, *above}, key=lambda title: title.start)
    return tuple(line for title in titles for line in _numbered(text, title.end, _end_of(text, title)))


def _numbered(text: str, start: int, end: int) -> tuple[tuple[int, str], ...]:
    section = _COMMENT.sub(lambda match: re.sub(r"[^\n]", "", match[0]), text[start:end])
    first = text.count("\n", 0, start) + 1
    return tuple((first + place, line.rstrip("\r")) for place, line in enumerate(section.split("\n")))


def has_notes(text: str, version: str) -> bool:
    """Whether something stands under the heading of `version` beside day and comparison. Raises what `notes` raises."""
    start, end = _section(text, version)
    return not _is_nothing(text[_entries_from(text, start) : end])


def newest_notes(text: str, beside: str) -> str:
    """The texts of the three newest versions that have notes, in one; without the version `beside`."""
    others = [each.title for each in _known(text).versions if not is_of(each.version, beside)]
    sections = (text[_entries_from(text, title.end) : _end_of(text, title)] for title in others)
    return "\n".join(islice((section for section in sections if not _is_nothing(section)), _NEWEST))


def notes(text: str, version: str) -> str:
    """The text under the heading of `version`, without blank lines around it.

    Raises `ChangelogHeadings` unless it has exactly one.
    """
    start, end = _section(text, version)
    return text[start:end].strip()


def add_notes(text: str, version: str, entries: str) -> str:
    """`text` with `entries` as the notes of `version`. If `version` has notes already, `text` does not change.

    Raises `ChangelogHeadings` unless it has exactly one heading.
    """
    start, end = _section(text, version)
    start = _entries_from(text, start)
    if text[start:end].strip() or not entries.strip():
        return text
    newline = _newline(text)
    lines = newline.join(entries.strip().splitlines())
    return text[:start] + 2 * newline + lines + (2 * newline if end < len(text) else newline) + text[end:]


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _section(text: str, version: str) -> tuple[int, int]:
    """Offsets of the text under the heading of `version`, up to the next heading that is not below it."""
    own = [each.title for each in _known(text).versions if is_of(each.version, version)]
    if len(own) != 1:
        raise ChangelogHeadings(version, [title.number for title in own])
    return own[0].end, _end_of(text, own[0])


def _insert(text: str, heading: str, unreleased: Title | None, released: date) -> str:
    versions, newline = _known(text).versions, _newline(text)
    if unreleased is None:
        place = versions[0].title.start if versions else len(text)
    else:
        place = _end_of(text, unreleased)
        if place == len(text) or not _is_empty(text, unreleased):
            return text[: unreleased.end] + 2 * newline + _take_over(heading, text[unreleased.end :], released)
    if place < len(text):
        return text[:place] + heading + 2 * newline + text[place:]
    gap = newline if text.endswith("\n") else 2 * newline
    return (text + gap if text else "") + heading + newline


def _take_over(heading: str, entries: str, released: date) -> str:
    """The heading above the entries. A line that leaves the day open gets it, and the heading then has no such line."""
    below, own = _RELEASED.match(entries), _RELEASED.search(heading)
    if below is None or find_day(below["day"]) or _BARE_REST.fullmatch(below["day"]) is None:
        return heading + entries
    day = spell_day(released, own["day"]) if own else str(released)
    return heading[: own.start() if own else None] + entries[: below.start("day")] + day + entries[below.end("day") :]


def _heading_like(text: str, other: _Version | None, version: str, day: date | None) -> str:
    if other is None:
        return f"## [{version}] - {day}"
    match, newline = other.match, _newline(text)
    link = next_address(match["link"] or "", match["version"], version)
    opening = match["open"].replace(match["version"], version)
    number = f"{opening}{version}{match['close']}{f'({link})' if link else ''}{match['mark']}"
    below = _RELEASED.match(text, other.title.end)
    former = find_day(below["day"]) if below and not find_day(other.rest) else None
    line = f"{number}{_date_part(other.rest, None if former else day)}"
    underline = other.title.underline * len(line)
    whole = f"{line}{newline}{underline}" if underline else f"{'#' * other.title.level} {line}"
    if below is not None and former is not None and day is not None:
        gap = text[below.start() : below.start("lead")]
        whole += f"{gap}{below['lead']}{spell_day(day, former.written)}{below['tail']}"
    return whole


def _comparison_like(text: str, newest: _Version | None, unreleased: Title | None, version: str) -> str:
    """The line below the heading that compares it with the newest; "" if that has none, or if Unreleased has one already."""
    if newest is None or (unreleased is not None and comparison_at(text, unreleased.end)):
        return ""
    below = _RELEASED.match(text, newest.title.end)
    line = comparison_at(text, below.end() if below else newest.title.end)
    return next_comparison(line, newest.match["version"], version) if line else ""


def _date_part(rest: str, day: date | None) -> str:
    """The part of a heading after its version: `day`, in the form of the date in `rest`."""
    if day is None:
        return ""
    other = find_day(rest)
    if other is None or re.search(r"\w", rest[: other.start]):
        return f" - {day}"
    closing = re.match(r"[)\]*_]*", rest[other.end :])
    return f" {rest[: other.start]}{spell_day(day, other.written)}{closing[0] if closing else ''}"


def _fill_in_date(text: str, existing: _Version, released: date) -> str:
    """`text` with the date in a heading that has none yet."""
    title, rest = existing.title, existing.rest
    below = _RELEASED.match(text, title.end)
    if below is not None and find_day(rest) is None:
        is_open = find_day(below["day"]) is None and _BARE_REST.fullmatch(below["day"])
        return text[: below.start("day")] + str(released) + text[below.end("day") :] if is_open else text
    if find_day(rest) or not _NO_DATE_YET.fullmatch(rest) or (not rest and leaves_out_days(text, existing.version)):
        return text
    end = title.start + text[title.start : title.end].index(title.text) + len(title.text) - len(rest)
    dated = f"({released})" if rest.startswith("(") else f"- {released}"
    return text[:end].rstrip(" ") + f" {dated}" + text[end + len(rest) :]
