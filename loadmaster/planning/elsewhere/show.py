"""The settings of other tools as lines of text, for comments in a profile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from loadmaster.planning.elsewhere.settings import Setting, SettingFate

_WORDS = {
    SettingFate.BECAME: "became",
    SettingFate.ALREADY: "is so anyway",
    SettingFate.LEFT: "left",
    SettingFate.UNKNOWN: "unknown",
}


def settings_lines(settings: Iterable[Setting]) -> Iterator[str]:
    """A line for each file, and one below it for each of its settings."""
    for (tool, file), listed in groupby(settings, lambda each: (each.tool, each.file)):
        yield f"{file} ({tool})"
        yield from (f"  {_told(setting)}" for setting in listed)


def _told(setting: Setting) -> str:
    place = f"{setting.line}: " if setting.line is not None else ""
    words = _WORDS[setting.fate]
    became = f" {setting.became}" if setting.became else ""
    why = f"; {setting.why}" if became and setting.why else f": {setting.why}" if setting.why else ""
    return " ".join(f"{place}{setting.key} = {setting.value}: {words}{became}{why}".split())
