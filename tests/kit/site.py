"""The site of the docs, built as `make docs` builds it, and read back as a browser would."""

from __future__ import annotations

import os
import posixpath
import subprocess
import sys
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from tests.kit.checkout import ROOT
from tests.kit.waiting import PATIENCE

COUNTED = frozenset({"table", "li", "pre", "h1", "h2", "h3", "h4"})
"""What a page has as many of on the site as on the forge."""


class Built(NamedTuple):
    code: int
    said: str


def build(docs: Path, site: Path) -> Built:
    """Builds the pages of `docs`, strictly, with the checkout's own `mkdocs.yml`."""
    config = site.with_suffix(".yml")
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    config.write_text(
        text.replace("docs_dir: docs", f"docs_dir: {docs}").replace("site_dir: build/site", f"site_dir: {site}")
    )
    done = subprocess.run(
        (str(Path(sys.executable).with_name("mkdocs")), "build", "--strict", "--config-file", str(config)),
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    return Built(done.returncode, done.stderr)


class Page(HTMLParser):
    """What a page links to, loads, and can be linked at; and how many of each counted element its article has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.loads: set[str] = set()
        self.anchors: set[str] = set()
        self.counts = dict.fromkeys(COUNTED, 0)
        self._in_article = False
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self.anchors |= {value for name in ("id", "name") if (value := given.get(name))}
        self._in_article = self._in_article or tag == "article"
        if self._in_article and tag in COUNTED:
            self.counts[tag] += 1
        if tag == "a" and (link := given.get("href")):
            self.links.add(link)
        elif loaded := given.get("src") or (given.get("href") if tag == "link" else None):
            self.loads.add(loaded)

    def handle_endtag(self, tag: str) -> None:
        self._in_article = self._in_article and tag != "article"


def read_site(site: Path) -> Mapping[str, Page]:
    """Every page, by its path within the site."""
    files = sorted(site.rglob("*.html"))
    return {file.relative_to(site).as_posix(): Page(file.read_text(encoding="utf-8")) for file in files}


def target(page: str, link: str) -> tuple[str, str] | None:
    """The file within the site and the anchor that a link leads to; None if it leads out of the site."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return None
    path = posixpath.normpath(posixpath.join(posixpath.dirname(page), unquote(parts.path))) if parts.path else page
    return path, unquote(parts.fragment)


def dead_links(site: Path, pages: Mapping[str, Page]) -> Iterator[str]:
    for name, page in pages.items():
        for link in sorted(page.links | page.loads):
            if (led := target(name, link)) is None:
                continue
            path, anchor = led
            if not ((site / path).is_file() or (site / path / "index.html").is_file()):
                yield f"{name}: {link}: there is no such file"
            elif anchor and path in pages and anchor not in pages[path].anchors:
                yield f"{name}: {link}: there is no such anchor"


def reached(pages: Mapping[str, Page], start: str = "index.html") -> set[str]:
    """The pages that somebody finds who begins at `start` and follows links."""
    found, waiting = {start}, [start]
    while waiting:
        name = waiting.pop()
        led = (target(name, link) for link in pages[name].links)
        new = {each[0] for each in led if each is not None and each[0] in pages} - found
        found |= new
        waiting += sorted(new)
    return found
