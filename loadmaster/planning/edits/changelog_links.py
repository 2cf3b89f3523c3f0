"""The links at the bottom of a changelog, where it keeps one for each version: text in, text out.

Knows `[1.2.3]: https://…/compare/v1.2.2...v1.2.3` and the one of `[Unreleased]`. A file of another shape is left alone.
"""

from __future__ import annotations

import re

_LINK = r"^\[(?P<label>v?{label})\]:[ \t]*(?P<address>\S+)[ \t]*(?P<end>\r?\n|\Z)"
_OF_A_VERSION = re.compile(r"\[v?\d+\.\d+\.\d+[^\]]*\]:")


def with_links(text: str, version: str, former: str | None) -> str:
    """`text` with a link for `version` beside that of `former`, the version before; Unreleased starts from `version` then.

    It goes above that of `former`, or below it where that is the last of several.
    """
    if former is None or _found(text, re.escape(version)) or not (link := _found(text, re.escape(former))):
        return text
    address = moved_on(link["address"], former, version)
    if address is None:
        return text
    end = link["end"] or ("\r\n" if "\r\n" in text else "\n")
    line = f"[{link['label'].replace(former, version)}]: {address}{end}"
    above, below = text[: link.start()], text[link.end() :]
    is_last = _OF_A_VERSION.match(above[:-1].rpartition("\n")[2]) and not _OF_A_VERSION.match(below)
    text = above + (f"{link[0]}{'' if link['end'] else end}{line}" if is_last else line + link[0]) + below
    unreleased = _found(text, "unreleased")
    if unreleased is None:
        return text
    start, stop = unreleased.span("address")
    return text[:start] + re.sub(rf"(?<=\D){re.escape(former)}(?=\.\.)", version, text[start:stop]) + text[stop:]


def _found(text: str, label: str) -> re.Match[str] | None:
    return re.search(_LINK.format(label=label), text, re.MULTILINE | re.IGNORECASE)


def moved_on(address: str, former: str, version: str) -> str | None:
    """The address that leads to `version` as this one leads to `former`; None if it does not end in that."""
    if not address.endswith(former):
        return None
    head, dots, _ = address.rpartition("...")
    if not dots:
        return address.removesuffix(former) + version
    tag = address.removeprefix(head + dots)
    place, slash, _ = head.rpartition("/")
    return f"{place}{slash}{tag}{dots}{tag.removesuffix(former)}{version}"
