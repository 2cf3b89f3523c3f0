"""The links at the bottom of a changelog, where it keeps one for each version: text in, text out.

Knows `[1.2.3]: https://…/compare/v1.2.2...v1.2.3` and the one of `[Unreleased]`. A file of another shape is left alone.
"""

from __future__ import annotations

import re

_LINK = r"^\[(?P<label>v?{label})\]:[ \t]*(?P<address>\S+)[ \t]*(?P<end>\r?\n|\Z)"


def with_links(text: str, version: str, former: str | None) -> str:
    """`text` with a link for `version` above that of `former`, the version before; Unreleased starts from `version` then."""
    if former is None or _found(text, re.escape(version)) or not (link := _found(text, re.escape(former))):
        return text
    address = _moved_on(link["address"], former, version)
    if address is None:
        return text
    end = link["end"] or ("\r\n" if "\r\n" in text else "\n")
    line = f"[{link['label'].replace(former, version)}]: {address}{end}"
    text = text[: link.start()] + line + text[link.start() :]
    unreleased = _found(text, "unreleased")
    if unreleased is None:
        return text
    start, stop = unreleased.span("address")
    return text[:start] + re.sub(rf"(?<=\D){re.escape(former)}(?=\.\.)", version, text[start:stop]) + text[stop:]


def _found(text: str, label: str) -> re.Match[str] | None:
    return re.search(_LINK.format(label=label), text, re.MULTILINE | re.IGNORECASE)


def _moved_on(address: str, former: str, version: str) -> str | None:
    """The address that leads to `version` as this one leads to `former`; None if it does not end in that."""
    if not address.endswith(former):
        return None
    head, dots, _ = address.rpartition("...")
    if not dots:
        return address.removesuffix(former) + version
    tag = address.removeprefix(head + dots)
    place, slash, _ = head.rpartition("/")
    return f"{place}{slash}{tag}{dots}{tag.removesuffix(former)}{version}"
