"""How cargo rewrites two kinds of a manifest's texts when it uploads them: version requirements and `cfg(…)` expressions.

Cargo parses both and prints them again. The input is text that cargo accepted already, so nothing is validated here.
"""

from __future__ import annotations

import re

_COMPARATOR = re.compile(r"(?P<operator>[<>]=?|[=~^]|) *(?P<version>[^+ ]+)(?:\+\S*)? *")
_WILDCARDS = re.compile(r"^(\d+(?:\.\d+)?)(?:\.[*xX])+$")
_CFG_TOKEN = re.compile(r'"[^"]*"|[(),=]|[^\s"(),=]+')


def requirement_as_cargo_writes_it(requirement: str) -> str:
    """`1.2` becomes `^1.2`, `1.x` becomes `1.*`, `>=1.*` becomes `>=1`, `=1.2.3+b` becomes `=1.2.3`; lists get `, `.

    Raises ValueError if it is not a requirement.
    """
    if requirement.strip(" ") in ("*", "x", "X"):
        return "*"
    # A comma after the last comparator is allowed.
    return ", ".join(_comparator(comparator) for comparator in requirement.strip(" ").removesuffix(",").split(","))


def _comparator(text: str) -> str:
    match = _COMPARATOR.fullmatch(text.strip(" "))
    if match is None:
        raise ValueError(f"`{text}` is no version requirement")
    operator, version = match["operator"], match["version"]
    without_wildcard = _WILDCARDS.sub(r"\1", version)
    if operator:
        return operator + without_wildcard
    return f"^{version}" if without_wildcard == version else f"{without_wildcard}.*"


def cfg_as_cargo_writes_it(platform: str) -> str:
    """`cfg(all(unix,foo="a",))` becomes `cfg(all(unix, foo = "a"))`; a target triple stays as it is."""
    if not (platform.startswith("cfg(") and platform.endswith(")")):
        return platform
    tokens: list[str] = _CFG_TOKEN.findall(platform)
    followed_by = zip(tokens, [*tokens[1:], ""], strict=True)
    return "".join(
        {",": ", ", "=": " = "}.get(token, token)
        for token, following in followed_by
        if (token, following) != (",", ")")
    )
