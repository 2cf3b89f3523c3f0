"""The links of a changelog that has one for each version, at the bottom or below each heading: text in, text out.

Knows `[1.2.3]: https://…/compare/v1.2.2...v1.2.3`, the link of `[Unreleased]`, and a line below a heading with such an address.
Files of another form do not change.
"""

from __future__ import annotations

import re

_LINK = r"^\[(?P<label>v?{label})\]:[ \t]*(?P<address>\S+)[ \t]*(?P<end>\r?\n|\Z)"
_VERSION_LINK = re.compile(r"\[v?\d+\.\d+\.\d+[^\]]*\]:")
_COMPARISON = re.compile(
    r"(?P<gap>[ \t]*\r?\n\s*)(?P<words>(?![-*+] )[^\n()<>]*[(<]?)"
    r"(?P<address>https?://[^\s()<>]+/compare/[^\s()<>]+\.\.\.[^\s()<>]+)(?P<end>[)>*_]*)[ \t]*(?=\r?\n|\Z)"
)


def comparison_at(text: str, place: int) -> re.Match[str] | None:
    """The line with a link that compares two versions, if it is the first one from `place` that is not blank."""
    return _COMPARISON.match(text, place)


def next_comparison(line: re.Match[str], former: str, version: str) -> str:
    """The line for `version` in the form of that for `former`; "" if it does not compare up to `former`."""
    address = next_address(line["address"], former, version)
    if address is None or "..." not in address:
        return ""
    tag = rf"[^\s\[]+\.\.\.(?P<tag>[^\s\[\]]*{re.escape(former)})"
    words = re.sub(tag, lambda it: f"{it['tag']}...{it['tag'].removesuffix(former)}{version}", line["words"])
    return f"{line['gap']}{words}{address}{line['end']}"


def add_link(text: str, version: str, former: str | None) -> str:
    """`text` with a link for `version` next to the link of `former`, the version before. Unreleased then starts at `version`.

    The link goes above that of `former`, or below it if that is the last of several.
    """
    if former is None or _link(text, re.escape(version)) or not (link := _link(text, re.escape(former))):
        return text
    address = next_address(link["address"], former, version)
    if address is None:
        return text
    end = link["end"] or ("\r\n" if "\r\n" in text else "\n")
    line = f"[{link['label'].replace(former, version)}]: {address}{end}"
    above, below = text[: link.start()], text[link.end() :]
    is_last = _VERSION_LINK.match(above[:-1].rpartition("\n")[2]) and not _VERSION_LINK.match(below)
    text = above + (f"{link[0]}{'' if link['end'] else end}{line}" if is_last else line + link[0]) + below
    unreleased = _link(text, "unreleased")
    if unreleased is None:
        return text
    start, stop = unreleased.span("address")
    return text[:start] + re.sub(rf"(?<=\D){re.escape(former)}(?=\.\.)", version, text[start:stop]) + text[stop:]


def _link(text: str, label: str) -> re.Match[str] | None:
    return re.search(_LINK.format(label=label), text, re.MULTILINE | re.IGNORECASE)


def next_address(address: str, former: str, version: str) -> str | None:
    """The address for `version` in the form of `address`, which is for `former`. None if `address` does not end in `former`."""
    if not address.endswith(former):
        return None
    head, dots, _ = address.rpartition("...")
    if not dots:
        return address.removesuffix(former) + version
    tag = address.removeprefix(head + dots)
    place, slash, _ = head.rpartition("/")
    return f"{place}{slash}{tag}{dots}{tag.removesuffix(former)}{version}"
