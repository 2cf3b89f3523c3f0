"""cargo-release: `release.toml` at a workspace's root and beside packages, and the tables `metadata.release` of manifests.

A setting of a package goes before one of the workspace, and a manifest before a `release.toml` beside it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from loadmaster.planning.elsewhere.common import FEATURES, SIGNED, branches, leave_out, one_version, tags
from loadmaster.planning.elsewhere.replacements import COMMAND, rule_of_text
from loadmaster.planning.elsewhere.rows import (
    BOOL,
    BOOL_OR_TEXT,
    TABLE,
    TABLES,
    TEXT,
    TEXT_OR_TEXTS,
    TEXTS,
    WHOLE,
    SettingRow,
    SettingScope,
    ToolFile,
    left_row,
    read_table,
    require_kind,
    switch,
)
from loadmaster.planning.elsewhere.settings import Ground, JudgedSetting, Read, Wish, already, became, left
from loadmaster.planning.elsewhere.templates import pattern_of
from loadmaster.planning.tree.key_lines import SettingPath
from loadmaster.planning.tree.workspace import Package

TOOL = "cargo-release"
FILE = "release.toml"
_OWNER = re.compile(r"github:[^:\s]+:[^:\s]+|[\w-]+")
_OBSOLETE = "cargo-release itself has dropped it"
_AFTERWARDS = f"nothing is committed after a release; for its commit, {COMMAND}"


class Layer(NamedTuple):
    """The settings of one place."""

    source: ToolFile
    place: tuple[str, ...]
    """The keys of their table."""
    table: Mapping[str, Any]
    package: str = ""
    """The package that they are for; "" for the workspace."""


def read(layers: Sequence[Layer], ground: Ground) -> Iterator[Read]:
    """The settings of all places, those that go before others first. Raises `ToolFileBroken`."""
    for layer in layers:
        folder = posixpath.dirname(layer.source.path)
        asked = SettingScope(ground, folder, layer.package)
        require_kind(layer.source, layer.place, layer.table, TABLE)
        rows = _rows(layers, layer.table)
        skip = ("pre-release-replacements", "rate-limit")
        yield from read_table(layer.source, layer.place, layer.table, rows, asked, skip)
        yield from _rates(layer, asked)
        yield from _replacements(layers, layer, asked)


def _rows(layers: Sequence[Layer], table: Mapping[str, Any]) -> Mapping[str, SettingRow]:
    """The table, with the rows that look at all layers."""
    return {
        **_ROWS,
        "publish": SettingRow(BOOL, partial(_leave_out, layers, "publish")),
        "release": SettingRow(BOOL, partial(_leave_out, layers, "release")),
        "shared-version": SettingRow(BOOL_OR_TEXT, partial(_shared, layers)),
        "tag-message": SettingRow(TEXT, partial(_tag_message, table)),
        "tag-name": SettingRow(TEXT, partial(_tag, layers)),
        "tag-prefix": SettingRow(TEXT, partial(_tag, layers)),
    }


def _effective(layers: Sequence[Layer], package: str, key: str) -> Any:
    """What counts for a package; None if nothing is said."""
    return next((each.table[key] for each in layers if each.package in (package, "") and key in each.table), None)


def _packages(asked: SettingScope) -> tuple[Package, ...]:
    """Those of the released packages that the setting is for."""
    return tuple(package for package in asked.ground.released if asked.package in ("", package.name))


def _leave_out(layers: Sequence[Layer], key: str, asked: SettingScope, on: bool) -> JudgedSetting:
    why = f"`{key} = false` in {TOOL}'s settings"
    if on:
        return already()
    if asked.package:
        return leave_out(asked, [asked.package], why)
    names = [each.name for each in asked.ground.workspace.packages]
    out = [name for name in names if _effective(layers, name, key) is False]
    if len(out) == len(names) or key == "publish":
        return left("a release publishes: list in `release.exclude` what should not be")
    return leave_out(asked, out, why)


def _shared(layers: Sequence[Layer], asked: SettingScope, group: bool | str) -> JudgedSetting:
    if group is False:
        return left("one version is for all released packages or for none, by the versions that they have")
    names = [name for name in asked.ground.names if _effective(layers, name, "shared-version") == group]
    return one_version(asked.ground, names)


def _tag(layers: Sequence[Layer], asked: SettingScope, _: str) -> JudgedSetting:
    """The name and its prefix, together, as they count for each package."""
    return tags(asked.ground, {each.name: _tag_of(layers, each) for each in _packages(asked)})


def _tag_of(layers: Sequence[Layer], package: Package) -> str | None:
    own = "" if posixpath.dirname(package.manifest) == "" else "{{crate_name}}-"
    prefix = _effective(layers, package.name, "tag-prefix")
    name = _effective(layers, package.name, "tag-name")
    names = {"crate_name": "{name}", "version": "{version}"}
    before = pattern_of(own if prefix is None else str(prefix), names)
    return None if before is None else pattern_of(str(name or "{{prefix}}v{{version}}"), {**names, "prefix": before})


def _tag_message(table: Mapping[str, Any], asked: SettingScope, template: str) -> JudgedSetting:
    names = {"crate_name": "{project}", "version": "{version}"}
    tag = pattern_of(str(table.get("tag-name", "")), {"version": "{version}"})
    message = pattern_of(template, {**names, **({"tag_name": tag} if tag else {})})
    if not message:
        return left("a tag's message has the version and the package's name, and nothing else that changes")
    if asked.package and len(asked.ground.released) > 1:
        return left("one message is for all packages: `release.tag_message`")
    return became(Wish(setting="release.tag_message", value=message))


def _commit_message(asked: SettingScope, template: str) -> JudgedSetting:
    message = pattern_of(template, {"version": "{version}"})
    if message is None or "{version}" not in message:
        return left(
            "a release commit's message has the version, and nothing else that changes: `release.commit_message`"
        )
    if asked.package and len(asked.ground.released) > 1:
        return left("one commit is for all packages")
    return became(Wish(setting="release.commit_message", value=message))


def _requirements(asked: SettingScope, policy: str) -> JudgedSetting:
    moved = {"upgrade": "all", "fix": "necessary"}.get(policy)
    if moved is None:
        return left("requirements on a member change always, or where they must: `release.requirements`")
    if asked.package and len(asked.ground.released) > 1:
        return left("it is for all packages: `release.requirements`")
    return became(Wish(setting="release.requirements", value=moved))


def _verify(asked: SettingScope, on: bool) -> JudgedSetting:
    if on:
        return already()
    if asked.package and len(asked.ground.released) > 1:
        return left("packaged crates are built, all or none: `cargo.verify`")
    return became(Wish(setting="cargo.verify", value=False))


def _owners(asked: SettingScope, owners: Iterable[str]) -> JudgedSetting:
    if strange := [owner for owner in owners if _OWNER.fullmatch(owner) is None]:
        return left(f"`{strange[0]}` is neither a login nor `github:ORGANISATION:TEAM`")
    if asked.package and len(asked.ground.released) > 1:
        return left("the gates compare the same owners for all crates: `registry.owners`")
    why = "the gates compare them; a release changes no owners"
    return became(*(Wish(setting="registry.owners", value=owner) for owner in owners), why=why)


def _registry(asked: SettingScope, name: str) -> JudgedSetting:
    if asked.package and len(asked.ground.released) > 1:
        return left("a release publishes to one registry: `registry.name`")
    if re.fullmatch(r"[\w.-]+", name) is None:
        return left("it is no name of a registry")
    return became(Wish(setting="registry.name", value=name))


def _remote(asked: SettingScope, name: str) -> JudgedSetting:
    return already() if name == "origin" else left("a release pushes to `source.repository`, whatever a clone calls it")


def _rates(layer: Layer, asked: SettingScope) -> Iterator[Read]:
    if "rate-limit" in layer.table:  # an empty one says nothing
        yield from read_table(layer.source, (*layer.place, "rate-limit"), layer.table["rate-limit"], _RATES, asked)


def _burst(setting: str, asked: SettingScope, number: int) -> JudgedSetting:
    return became(Wish(setting=setting, value=number))


def _replacements(layers: Sequence[Layer], layer: Layer, asked: SettingScope) -> Iterator[Read]:
    place: SettingPath = (*layer.place, "pre-release-replacements")
    listed = layer.table.get("pre-release-replacements", [])
    require_kind(layer.source, place, listed, TABLES)
    if place[-1] in layer.table and not listed:
        yield layer.source.read(place, listed, already())
    for number, entry in enumerate(listed):
        here: SettingPath = (*place, number)
        for key in entry.keys() - _REPLACEMENT.keys():
            raise layer.source.broken(here, f"`{key}` is no part of a replacement")
        for key, kind in _REPLACEMENT.items():
            if key in entry or key in ("file", "search", "replace"):
                require_kind(layer.source, (*here, key), entry.get(key), kind)
        yield layer.source.read(here, entry, _replacement(layers, asked, entry))


def _replacement(layers: Sequence[Layer], asked: SettingScope, entry: Mapping[str, Any]) -> JudgedSetting:
    """One of the workspace's is done in every package that has the file."""
    packages = _packages(asked)
    places = {each: posixpath.join(posixpath.dirname(each.manifest), entry["file"]) for each in packages}
    there = {each: path for each, path in places.items() if posixpath.normpath(path) in asked.ground.paths}
    if not there:
        return left("no released package has the file")
    at_start = entry["search"].startswith("^")
    judged = [
        rule_of_text(
            SettingScope(asked.ground, "", each.name), path, _text(layers, each, entry["replace"]), at_start=at_start
        )
        for each, path in there.items()
    ]
    wishes = tuple({wish.key: wish for one in judged for wish in one.wishes}.values())
    reasons = "; ".join(dict.fromkeys(one.why for one in judged if not one.wishes and one.why))
    return became(*wishes, why=reasons) if wishes else judged[0]._replace(why=reasons)


def _text(layers: Sequence[Layer], package: Package, template: str) -> str | None:
    """What is put in for a package, with `{version}` in the version's place; None if more than that changes."""
    names = {"version": "{version}", "crate_name": package.name}
    if (tag := _tag_of(layers, package)) is not None:
        names["tag_name"] = tag.replace("{name}", package.name)
    return None if "$" in template else pattern_of(template, names)


_REPLACEMENT = {
    "file": TEXT,
    "search": TEXT,
    "replace": TEXT,
    "min": WHOLE,
    "max": WHOLE,
    "exactly": WHOLE,
    "prerelease": BOOL,
}
_RATES: Mapping[str, SettingRow] = {
    "new-packages": SettingRow(WHOLE, partial(_burst, "registry.new_burst")),
    "existing-packages": SettingRow(WHOLE, partial(_burst, "registry.update_burst")),
}
_ROWS: Mapping[str, SettingRow] = {
    "allow-branch": SettingRow(TEXTS, branches),
    "certs-source": left_row(TEXT, "certificates are those of the system, and of Python's and cargo's own clients"),
    "consolidate-commits": switch(off="one commit is for all packages of a release"),
    "consolidate-pushes": left_row(BOOL, _OBSOLETE),
    "dependent-version": SettingRow(TEXT, _requirements),
    "dev-version": left_row(BOOL, _OBSOLETE),
    "dev-version-ext": left_row(TEXT, _OBSOLETE),
    "disable-publish": left_row(BOOL, _OBSOLETE),
    "disable-push": left_row(BOOL, _OBSOLETE),
    "disable-release": left_row(BOOL, _OBSOLETE),
    "disable-tag": left_row(BOOL, _OBSOLETE),
    "enable-all-features": switch(on=FEATURES),
    "enable-features": left_row(TEXTS, FEATURES),
    "exclude-paths": left_row(TEXTS, _OBSOLETE),
    "metadata": left_row(TEXT, "who starts a release asks for the version, with its build metadata"),
    "no-dev-version": left_row(BOOL, _OBSOLETE),
    "no-verify": left_row(BOOL, _OBSOLETE),
    "owners": SettingRow(TEXTS, _owners),
    "post-release-commit-message": left_row(TEXT, _AFTERWARDS),
    "post-release-hook": left_row(TEXT_OR_TEXTS, _AFTERWARDS),
    "post-release-replacements": left_row(TABLES, _AFTERWARDS),
    "pre-release-commit-message": SettingRow(TEXT, _commit_message),
    "pre-release-hook": left_row(TEXT_OR_TEXTS, f"a program of the project's own: {COMMAND}"),
    "push": switch(off="a release pushes its commit and its tags"),
    "push-options": left_row(TEXTS, "a release pushes without options"),
    "push-remote": SettingRow(TEXT, _remote),
    "registry": SettingRow(TEXT, _registry),
    "sign-commit": switch(on=SIGNED),
    "sign-tag": switch(on=SIGNED),
    "tag": switch(off="every crate has a tag; crates whose tags have one name share it (`release.tags`)"),
    "target": left_row(TEXT, "packaged crates are built for this machine"),
    "upload-doc": left_row(BOOL, _OBSOLETE),
    "verify": SettingRow(BOOL, _verify),
}
