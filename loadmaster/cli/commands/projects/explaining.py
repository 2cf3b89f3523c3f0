"""`loadmaster profile explain`: what a field or a table of a profile means, as text. Looks at no profile."""

from __future__ import annotations

import textwrap

from loadmaster.planning.profile.fields import ProfileField, ProfileTable

_WIDTH = 100


def explained_text(table: ProfileTable, field: ProfileField | None) -> str:
    if field is not None:
        default = field.default if field.default == "required" else f"if left out: {field.default}"
        return f"{table.path_of(field)} ({default})\n{_wrapped(field.says, '  ')}"
    width = max(len(each.name) for each in table.fields)
    fields = (f"  {each.name:<{width}}  {each.says.partition('. ')[0].rstrip('.')}." for each in table.fields)
    return "\n".join([table.header, _wrapped(table.says, "  "), "", *fields])


def _wrapped(text: str, indent: str) -> str:
    return textwrap.fill(text or "nothing more", _WIDTH, initial_indent=indent, subsequent_indent=indent)
