"""Replacements of other tools in files as rules of a profile: text around a version, found exactly once.

Knows the three ways that tools have: what is put in, a pattern with a group, and the version of a known kind of file.
"""

from __future__ import annotations

import posixpath
import re

from pydantic import JsonValue, ValidationError

from loadmaster.errors.base import LoadmasterError, clause
from loadmaster.planning.elsewhere.rows import SettingScope
from loadmaster.planning.elsewhere.settings import JudgedSetting, Wish, already, became, left
from loadmaster.planning.profile.file_rule import FileRule, apply_rule

COMMAND = "write a `[[release.commands]]` for it"
CHANGELOG_NAMES = re.compile(r"(?i)(?:.*/)?(?:changelog|changes|history|news|releases)\.(?:md|markdown|rst|txt|adoc)")
_VERSION = "{version}"
_GROUP = re.compile(r"\(\?P?<version>(?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*\)")
_OF_KIND = {
    "package.json": r'^  "version": "{version}"',
    "deno.json": r'^  "version": "{version}"',
    "deno.jsonc": r'^  "version": "{version}"',
    "gleam.toml": r'^version = "{version}"',
    "pubspec.yaml": r"^version: {version}",
}


def rule_of_text(asked: SettingScope, path: str, put_in: str | None, *, at_start: bool = False) -> JudgedSetting:
    """A rule for the text that the tool puts in, with `{version}` in the version's place; None if no rule can say it.

    `at_start`: only at the start of a line.
    """
    place = posixpath.normpath(posixpath.join(asked.folder, path))
    if (known := _by_itself(asked, place)) is not None:
        return known
    if put_in is None:
        return left(f"more than the version is put in: {COMMAND}")
    before, version, after = put_in.partition(_VERSION)
    if not version or _VERSION in after:
        return left(f"it puts in no version, or several: {COMMAND}")
    return rule_of(asked, place, f"{'^' * at_start}{_literal(before)}{_VERSION}{_literal(after)}")


def _literal(text: str) -> str:
    """A pattern for the text alone."""
    return re.sub(r"[.^$*+?{}\[\]\\|()]", r"\\\g<0>", text)


def rule_of_pattern(asked: SettingScope, path: str, pattern: str) -> JudgedSetting:
    """A rule for a pattern with a group `version`."""
    place = posixpath.normpath(posixpath.join(asked.folder, path))
    found = _GROUP.subn(_VERSION, pattern)
    if found[1] != 1:
        return left(
            "the pattern has no group `version` of a kind that can be translated: write a `[[release.files]]` for it"
        )
    return rule_of(asked, place, found[0])


def rule_of_kind(asked: SettingScope, path: str) -> JudgedSetting:
    """A rule for the version in a file of a known kind."""
    place = posixpath.normpath(posixpath.join(asked.folder, path))
    if (known := _by_itself(asked, place)) is not None:
        return known
    pattern = _OF_KIND.get(posixpath.basename(place))
    if pattern is None and re.fullmatch(r"tauri\.(?:\w+\.)?conf\.json", posixpath.basename(place)):
        pattern = r'^\s*"version": "{version}"'
    if pattern is None:
        return left("the place of the version in such a file is not known: write a `[[release.files]]` for it")
    return rule_of(asked, place, pattern)


def rule_of(asked: SettingScope, place: str, pattern: str) -> JudgedSetting:
    """The rule, if it finds its one place in the file as it is."""
    text = asked.ground.texts.get(place)
    if text is None:
        return left(f"there is no `{place}` in the repository")
    rule: dict[str, JsonValue] = {"path": place, "pattern": pattern}
    if asked.package and asked.ground.independent:
        rule["package"] = asked.package
    try:
        apply_rule(FileRule.model_validate(rule), text, {}, {asked.package: "0.0.0"})
    except ValidationError as error:
        return left(f"no rule can have this pattern ({error.errors()[0]['msg']}): {COMMAND}")
    except LoadmasterError as error:
        return left(f"{clause(error.what)}: write a `[[release.files]]` that finds its place once")
    return became(Wish(setting="release.files", value=rule))


def _by_itself(asked: SettingScope, place: str) -> JudgedSetting | None:
    """What a release does without a rule; None if the file is none of those."""
    name = posixpath.basename(place)
    if name in ("Cargo.toml", "Cargo.lock"):
        return already("a release writes the versions in manifests and lockfiles")
    if CHANGELOG_NAMES.fullmatch(place):
        return already("a release dates the changelog's section")
    folders = {posixpath.dirname(package.manifest) for package in asked.ground.workspace.packages}
    if name == "pyproject.toml" and posixpath.dirname(place) in folders:
        return already("a release writes the version of a Python package beside a member")
    return None
