"""What a scenario says of uploads: whether an asset goes missing, gets another name or other lines, or breaks off."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Literal

from loadmaster.rehearsal.forge.memory.premises import Premises
from loadmaster.rehearsal.forge_scenario import AssetMishap


def mishap_of(premises: Premises, name: str, by: Literal["ci", "anybody"]) -> AssetMishap | None:
    """What is to become of this upload; notes that it does. `by`: `ci` for the played workflow."""
    for number, each in enumerate(premises.scenario.assets):
        concerns = fnmatchcase(name, each.name) and (each.uploader == "anybody" or by == "ci")
        if concerns and premises.file.count(f"asset-mishap-{number}") < each.times:
            return each
    return None


def renamed(name: str) -> str:
    """GitHub itself replaces what it does not take in a name by a dot; here it is the first hyphen."""
    return name.replace("-", ".", 1) if "-" in name else f"{name}.1"


def with_crlf(content: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
