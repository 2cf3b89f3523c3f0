"""The site of the docs: it builds, pages are reached, no link is dead, nothing comes from elsewhere; the forge shows it, too."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tests.kit.checkout import ROOT
from tests.kit.site import Page, build, dead_links, reached, read_site

pytestmark = pytest.mark.xdist_group("site")

DOCS = ROOT / "docs"
TOP = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")
FORBIDDEN = re.compile(
    r"(?:index|static)\.crates\.io|registry\.npmjs|pythonhosted|proxy\.golang|\bpypi\.org|(?<![\w.])/(?:work|tmp/wt|root)/"
)
"""The host of a registry, or a path of the machine on which these pages were written."""
NOT_FOUND = "404.html"
"""A server shows it for any address, so its links begin at the site's top."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("docs") / "site"
    built = build(DOCS, place)
    assert built.code == 0, built.said
    return place


@pytest.fixture(scope="module")
def pages(site: Path) -> Mapping[str, Page]:
    return read_site(site)


def test_no_link_is_dead(site: Path, pages: Mapping[str, Page]) -> None:
    of_readers = {name: page for name, page in pages.items() if name != NOT_FOUND}
    assert list(dead_links(site, of_readers)) == []


def test_every_page_is_reached_from_the_first_one(pages: Mapping[str, Page]) -> None:
    assert pages.keys() - reached(pages) == {NOT_FOUND}
    assert len(pages) == len(list(DOCS.rglob("*.md"))) + 1


def test_nothing_is_loaded_from_elsewhere(pages: Mapping[str, Page]) -> None:
    assert {load for page in pages.values() for load in page.loads if "//" in load} == set()


def dead_at_top(name: str, text: str) -> Iterator[str]:
    """The links of a page at the repository's top that lead to no file of it, or to no heading."""
    links = Page(MarkdownIt("gfm-like", {"linkify": False}).render(text)).links
    for path, _, anchor in sorted(link.partition("#") for link in links if "://" not in link):
        file = ROOT / (path or name)
        if not file.exists():
            yield f"{name}: {path}"
        elif anchor and anchor not in headings(file.read_text(encoding="utf-8")):
            yield f"{name}: {path}#{anchor}"


def headings(text: str) -> set[str]:
    """The anchors of a page's headings, as the forge makes them."""
    found = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


@pytest.mark.parametrize("name", TOP)
def test_no_link_of_a_page_at_the_top_is_dead(name: str) -> None:
    assert list(dead_at_top(name, (ROOT / name).read_text(encoding="utf-8"))) == []


def test_planted_dead_links_at_the_top_are_found() -> None:
    text = "[a](docs/gone.md) [b](docs/gates.md#gone) [c](docs/gates.md#on-the-files) [d](#gone)\n"
    assert list(dead_at_top("README.md", text)) == [
        "README.md: #gone",
        "README.md: docs/gates.md#gone",
        "README.md: docs/gone.md",
    ]


def forge_counts(text: str) -> dict[str, int]:
    """How often the forge's Markdown has each element that is counted on the site."""
    made = MarkdownIt("gfm-like", {"linkify": False}).render(text)
    return Page(f"<article>{made}</article>").counts


@pytest.mark.parametrize("file", sorted(DOCS.glob("*.md")), ids=lambda file: file.stem)
def test_the_site_shows_the_lists_tables_and_blocks_that_the_forge_shows(file: Path, pages: Mapping[str, Page]) -> None:
    text = file.read_text(encoding="utf-8")
    assert pages[f"{file.stem}.html"].counts == forge_counts(text)


def forbidden(files: Mapping[str, str]) -> Iterator[str]:
    for name, text in files.items():
        for number, line in enumerate(text.splitlines(), 1):
            if found := FORBIDDEN.search(line):
                yield f"{name}:{number}: {found[0]}"


def test_no_page_names_the_host_of_a_registry_or_a_path_of_a_machine() -> None:
    files = [*(ROOT / name for name in TOP), *DOCS.rglob("*.md"), *DOCS.rglob("*.cast"), *DOCS.rglob("*.svg")]
    assert list(forbidden({file.name: file.read_text(encoding="utf-8") for file in files})) == []


@pytest.mark.parametrize(
    ("place", "line"),
    [("index", "see https://{}.crates.io/config.json"), ("work", "cd /{}/main"), ("root", "written to /{}/x/any.toml")],
)
def test_planted_a_host_or_a_path_is_found(place: str, line: str) -> None:
    """They are put together here, so that no file of ours names one."""
    assert len(list(forbidden({"page.md": f"# Page\n\n{line.format(place)}\n"}))) == 1


PLANTED = [
    ("a page that is not there", "why.md", "\n[gone](gone.md)\n", "gone.md"),
    ("a heading that is not there", "why.md", "\n[gone](gates.md#gone)\n", "gone"),
    ("a page that is not in the navigation", "lost.md", "# Lost\n", "lost.md"),
]


@pytest.mark.parametrize(("page", "text", "told"), [row[1:] for row in PLANTED], ids=[row[0] for row in PLANTED])
def test_planted_the_build_fails_and_names(tmp_path: Path, page: str, text: str, told: str) -> None:
    docs = tmp_path / "docs"
    shutil.copytree(DOCS, docs, ignore=shutil.ignore_patterns("errors"))
    (docs / "errors").mkdir()
    (docs / "errors" / "index.md").write_text("# Errors\n")
    with (docs / page).open("a", encoding="utf-8") as file:
        file.write(text)
    built = build(docs, tmp_path / "site")
    assert built.code != 0
    assert told in built.said


def test_planted_dead_links_and_lost_pages_are_found_in_what_was_built(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(
        '<a href="other.html#there">x</a><a href="other.html#gone">x</a><img src="no.svg">'
    )
    (tmp_path / "other.html").write_text('<p id="there">x</p><a href="https://elsewhere.example/gone">x</a>')
    (tmp_path / "lost.html").write_text("x")
    found = read_site(tmp_path)
    assert list(dead_links(tmp_path, found)) == [
        "index.html: no.svg: there is no such file",
        "index.html: other.html#gone: there is no such anchor",
    ]
    assert found.keys() - reached(found) == {"lost.html"}


def test_planted_a_list_that_only_the_forge_shows_is_found() -> None:
    text = "Before:\n- one\n- two\n"
    assert forge_counts(text)["li"] == 2
    assert Page("<article><p>Before: - one - two</p></article>").counts["li"] == 0
