"""The answers to a path that names no crate or no version, before anything is looked up. Pure."""

from __future__ import annotations

import re

from loadmaster.planning.crates_io.names import check_crate_name
from loadmaster.planning.crates_io.refusal import Refusal, bad_request
from loadmaster.planning.crates_io.requirement import LARGEST_NUMBER

_SEGMENTS = re.compile(r"[0-9A-Za-z.-]*")


def is_crate_name(name: str) -> bool:
    try:
        check_crate_name(name)
    except Refusal:
        return False
    return True


def check_crate_in_path(name: str) -> None:
    """Raises `Refusal` for a text that cannot be a crate's name, as for a missing crate."""
    if not is_crate_name(name):
        raise Refusal(404, f"crate `{name}` does not exist")


def check_version_in_path(version: str) -> None:
    """Raises `Refusal`, in the words of Rust's semver crate."""
    complaint = _complaint(version)
    if complaint is not None:
        raise bad_request(f"Invalid URL: {complaint}")


def _complaint(version: str) -> str | None:
    if not version:
        return "empty string, expected a semver version"
    rest = version
    for part in ("major", "minor", "patch"):
        digits = re.match("[0-9]*", rest, re.ASCII)
        number = digits.group() if digits else ""
        rest = rest[len(number) :]
        if complaint := _number_complaint(number, rest, f"{part} version number"):
            return complaint
        if part != "patch":
            if not rest.startswith("."):
                return _unexpected(rest, f"{part} version number", "after")
            rest = rest[1:]
    return _tail_complaint(rest)


def _number_complaint(number: str, rest: str, what: str) -> str | None:
    if not number:
        return _unexpected(rest, what, "while parsing")
    if number != "0" and number.startswith("0"):
        return f"invalid leading zero in {what}"
    return f"value of {what} exceeds u64::MAX" if int(number) > LARGEST_NUMBER else None


def _tail_complaint(rest: str) -> str | None:
    before = "patch version number"
    for sign, what in (("-", "pre-release identifier"), ("+", "build metadata")):
        if not rest.startswith(sign):
            continue
        found = _SEGMENTS.match(rest, 1)
        identifiers = found.group() if found else ""
        rest, before = rest[1 + len(identifiers) :], what
        if "" in identifiers.split("."):
            return f"empty identifier segment in {what}"
        if sign == "-" and any(re.fullmatch("0[0-9]+", each) for each in identifiers.split(".")):
            return f"invalid leading zero in {what}"
    return _unexpected(rest, before, "after") if rest else None


def _unexpected(rest: str, what: str, where: str) -> str:
    return (
        f"unexpected character '{rest[0]}' {where} {what}" if rest else f"unexpected end of input while parsing {what}"
    )
