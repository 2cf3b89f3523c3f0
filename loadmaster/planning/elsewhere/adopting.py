"""All settings of other tools in a repository, and what they become together.

Where two settings wish different things of one setting of the profile, the first one is fulfilled: the tools come in a fixed
order, and each tool's settings in the order in which it lets them count.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from loadmaster.errors.edits import NotToml
from loadmaster.errors.files import ByteOrderMark, ToolFileBroken
from loadmaster.planning.elsewhere import cargo_release, changie, covector, knope, release_plz, smart_release
from loadmaster.planning.elsewhere.rows import ToolFile
from loadmaster.planning.elsewhere.settings import Ground, Read, Setting, SettingFate, Wish
from loadmaster.planning.tree.key_lines import SettingPath, json_lines, toml_lines, yaml_lines
from loadmaster.planning.tree.workspace import Workspace
from loadmaster.planning.values.json_text import NotJson, read_json
from loadmaster.planning.values.toml_text import parse_toml
from loadmaster.planning.values.value import Value
from loadmaster.planning.values.yaml_text import NotYaml, read_yaml

_SHOWN = 80
"""How many characters of a value are shown."""
_MANIFEST = "Cargo.toml"
_LINE = re.compile(r"\bline (?P<line>\d+)")

Fulfilled = dict[tuple[str, str, str], tuple[Wish, str]]
"""The wishes that are fulfilled, by what they are for, each with the file of its setting."""


class Adopted(Value):
    """What came of the settings that were found."""

    settings: tuple[Setting, ...] = ()
    wishes: tuple[Wish, ...] = ()
    """Those that are fulfilled."""

    def wish(self, setting: str, package: str = "") -> Any:
        """The value for a setting of the profile; None if none is wished."""
        found = (wish.value for wish in self.wishes if (wish.setting, wish.package) == (setting, package))
        return next(found, None)

    def elements(self, setting: str) -> list[Any]:
        """The wished elements of a list, or the wished values by package as pairs' second parts, in their order."""
        return [wish.value for wish in self.wishes if wish.setting == setting]

    def by_package(self, setting: str) -> dict[str, Any]:
        return {wish.package: wish.value for wish in self.wishes if wish.setting == setting and wish.package}


def tool_files(workspace: Workspace, paths: Collection[str]) -> tuple[str, ...]:
    """Those of the tracked `paths` that may hold settings of a tool; manifests, too."""
    folders = _folders(workspace)
    names = (*release_plz.FILES, cargo_release.FILE, knope.FILE)
    wanted = {posixpath.join(folder, name) for folder in folders for name in names}
    wanted |= {covector.FILE, *changie.FILES, *_manifests(workspace)}
    return tuple(sorted(wanted.intersection(paths)))


def files_mentioned(texts: Mapping[str, str], workspace: Workspace, paths: Collection[str]) -> tuple[str, ...]:
    """Those of the tracked `paths` that some text in the tools' files (`texts`) names, from wherever it may count.

    Raises `ToolFileBroken`.
    """
    folders, found = _folders(workspace), set[str]()
    for path, text in texts.items():
        document = _document(path, text)
        for named in _texts_in(document if not path.endswith(_MANIFEST) else _release_tables(document)):
            found |= {posixpath.normpath(posixpath.join(folder, named)) for folder in folders if len(named) < 1000}
    return tuple(sorted(found.intersection(paths)))


def adopt(texts: Mapping[str, str], changelogs: Mapping[str, str], ground: Ground) -> Adopted:
    """What the settings in the tools' files (`texts`, by path) become, and the habits that changelogs show.

    Raises `ToolFileBroken` for a file that is none of its tool's.
    """
    fulfilled: Fulfilled = {}
    reads = (*_read_all(texts, ground), *smart_release.read(changelogs, ground))
    settings = tuple(_settle(read, fulfilled) for read in reads)
    return Adopted(settings=settings, wishes=tuple(wish for wish, _ in fulfilled.values()))


def _settle(read: Read, fulfilled: Fulfilled) -> Setting:
    """The setting as it is told. Its wishes are put into `fulfilled`, unless one of them has another value there."""
    fate, why = read.judged.fate, read.judged.why
    for wish in read.judged.wishes:
        other, file = fulfilled.get(wish.key, (wish, read.file))
        if other.value != wish.value:
            fate, why = SettingFate.LEFT, f"`{other.text}` by `{file}`"
    if fate is SettingFate.BECAME:
        for wish in read.judged.wishes:
            fulfilled.setdefault(wish.key, (wish, read.file))
    became = "; ".join(wish.text for wish in read.judged.wishes) if fate is SettingFate.BECAME else ""
    value = json.dumps(read.value, ensure_ascii=False, default=str)
    shown = value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…"
    return Setting(
        tool=read.tool,
        file=read.file,
        line=read.line,
        key=read.key,
        value=shown,
        fate=fate,
        became=became,
        why=why,
    )


def _read_all(texts: Mapping[str, str], ground: Ground) -> Iterator[Read]:
    root_folders = list(dict.fromkeys([*map(posixpath.dirname, ground.workspace.roots), ""]))
    for folder in root_folders:
        places = (posixpath.join(folder, name) for name in release_plz.FILES)
        if (path := next((each for each in places if each in texts), None)) is not None:
            source, document = _open(release_plz.TOOL, path, texts)
            yield from release_plz.read(source, document, ground, folder)
    yield from cargo_release.read(list(_layers(texts, ground.workspace)), ground)
    for folder in root_folders:
        if (path := posixpath.join(folder, knope.FILE)) in texts:
            source, document = _open(knope.TOOL, path, texts)
            yield from knope.read(source, document, ground, folder)
    if covector.FILE in texts:
        yield from covector.read(*_open(covector.TOOL, covector.FILE, texts), ground)
    for path in (each for each in changie.FILES if each in texts):
        yield from changie.read(*_open(changie.TOOL, path, texts), ground)


def _layers(texts: Mapping[str, str], workspace: Workspace) -> Iterator[cargo_release.Layer]:
    """cargo-release's places, those that go before others first."""
    root_folders = {posixpath.dirname(root) for root in workspace.roots}
    for package in workspace.packages:
        yield from _tables_of(texts, package.manifest, "package", package.name)
        folder = posixpath.dirname(package.manifest)
        if folder not in root_folders:
            yield from _file_of(texts, folder, package.name)
    for root in workspace.roots:
        yield from _tables_of(texts, root, "workspace", "")
        yield from _file_of(texts, posixpath.dirname(root), "")


def _tables_of(texts: Mapping[str, str], manifest: str, table: str, package: str) -> Iterator[cargo_release.Layer]:
    if manifest not in texts:
        return
    source, document = _open(cargo_release.TOOL, manifest, texts)
    settings = _release_table(document, table)
    if settings is not None:
        yield cargo_release.Layer(source, (table, "metadata", "release"), settings, package)


def _file_of(texts: Mapping[str, str], folder: str, package: str) -> Iterator[cargo_release.Layer]:
    if (path := posixpath.join(folder, cargo_release.FILE)) in texts:
        source, document = _open(cargo_release.TOOL, path, texts)
        yield cargo_release.Layer(source, (), document, package)


def _release_table(document: Any, table: str) -> Any:
    """cargo-release's table in a manifest; None if there is none. cargo lets the table `metadata` hold anything."""
    place = document
    for key in (table, "metadata", "release"):
        place = place.get(key) if isinstance(place, dict) else None
    return place


def _release_tables(document: Any) -> list[Any]:
    return [_release_table(document, table) for table in ("package", "workspace")]


def _open(tool: str, path: str, texts: Mapping[str, str]) -> tuple[ToolFile, Any]:
    """Raises `ToolFileBroken`."""
    document = _document(path, texts[path])
    return ToolFile(tool, path, _lines(path, texts[path])), document


def _document(path: str, text: str) -> Any:
    """Raises `ToolFileBroken`, with the line that the parser tells."""
    try:
        if path.endswith(".toml"):
            return parse_toml(path, text)
        return read_json(text) if path.endswith(".json") else read_yaml(text)
    except ByteOrderMark as error:
        raise ToolFileBroken(path, 1, "it begins with a byte order mark") from error
    except NotToml as error:
        raise ToolFileBroken(path, _line_in(error.reason), error.reason) from error
    except (NotJson, NotYaml) as error:
        raise ToolFileBroken(path, _line_in(str(error)), str(error)) from error


def _line_in(reason: str) -> int | None:
    """The last line that a parser names: where it stopped."""
    named = _LINE.findall(reason)
    return int(named[-1]) if named else None


def _lines(path: str, text: str) -> dict[SettingPath, int]:
    if path.endswith(".toml"):
        return toml_lines(text)
    return json_lines(text) if path.endswith(".json") else yaml_lines(text)


def _folders(workspace: Workspace) -> tuple[str, ...]:
    """The directories that settings may count from."""
    return tuple(sorted({"", *map(posixpath.dirname, _manifests(workspace))}))


def _manifests(workspace: Workspace) -> Iterable[str]:
    return {manifest for package in workspace.packages for manifest in (package.manifest, package.root)}


def _texts_in(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str() as text:
                yield text
            case list() as listed:
                waiting += listed
            case dict() as table:
                waiting += table.values()
            case _:
                pass  # a number, a date, or nothing
