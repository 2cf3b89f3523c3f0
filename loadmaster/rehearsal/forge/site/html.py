"""HTML in small pieces: everything that comes from outside is escaped here, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #1b1f24; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1.5rem; }
td, th { border-bottom: 1px solid #d0d7de; padding: .3rem .6rem; text-align: left; vertical-align: top; }
code, pre { font: 14px/1.45 ui-monospace, monospace; }
pre { background: #f6f8fa; padding: 1rem; overflow: auto; }
form { display: inline; }
button { font: inherit; padding: .1rem .7rem; }
"""


class Html(str):
    """Text that is HTML already."""


def text(value: object) -> Html:
    return value if isinstance(value, Html) else Html(escape("" if value is None else str(value)))


def link(address: str, shown: object) -> Html:
    return Html(f'<a href="{escape(address)}">{text(shown)}</a>')


def code(value: object) -> Html:
    return Html(f"<code>{text(value)}</code>")


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Html:
    """A word instead, if there are no rows."""
    body = "".join(f"<tr>{''.join(f'<td>{text(cell)}</td>' for cell in row)}</tr>\n" for row in rows)
    head = "".join(f"<th>{text(each)}</th>" for each in heads)
    return Html(f"<table><tr>{head}</tr>\n{body}</table>\n") if body else Html("<p>none</p>\n")


def section(title: str, *parts: Html) -> Html:
    return Html(f"<h2>{text(title)}</h2>\n{''.join(parts)}")


def button(action: str, shown: str, hidden: dict[str, str]) -> Html:
    """A form of one button that posts."""
    fields = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in hidden.items()
    )
    return Html(f'<form method="post" action="{escape(action)}">{fields}<button>{text(shown)}</button></form> ')


def page(title: str, *parts: Html) -> str:
    body = "".join(parts)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{text(title)}</title>'
        f"<style>{_STYLE}</style></head><body>\n<h1>{text(title)}</h1>\n{body}</body></html>\n"
    )
