"""No client can forget the bounds: there is one place for each of them, and what reads elsewhere is found here."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.kit.checkout import ROOT

TOPS = ("loadmaster", "flows", "tasks", "deployments")
ONE_PLACE = {
    r"httpx\.(?:Async)?(?:Client|HTTPTransport)\((?!\.\.\.)|httpx\.(?:get|post|put|request|stream)\(": (
        {"loadmaster/clients/bounded.py"},
        "make the client by loadmaster.clients.bounded",
    ),
    r"(?<!request)(?<!asked)\.json\(\)": (
        {"loadmaster/rehearsal/conformance.py"},  # asks the server that its user names, and shows what it cannot read
        "read the answer by loadmaster.planning.values.json_text",
    ),
    r"\banswer\.text\b|\bresponse\.text\b": (
        {
            "loadmaster/clients/registry/questions.py",  # cuts it, and judges it unread
            "loadmaster/rehearsal/conformance.py",
            "loadmaster/stack/api.py",  # the words of a server that is ours
        },
        "show a few words of it by loadmaster.clients.pages.beginning",
    ),
    r"\bYAML\(": (
        {"loadmaster/planning/values/yaml_text.py"},
        "read it by loadmaster.planning.values.yaml_text",
    ),
    r"\bMarkdownIt\(": (
        {"loadmaster/planning/edits/changelog_titles.py"},
        "read it by loadmaster.planning.edits.changelog_titles",
    ),
    r"tomllib\.loads\(": (
        {
            "loadmaster/planning/values/toml_text.py",
            "loadmaster/planning/crates_io/snapshots.py",  # what scripts/snapshots took from crates.io's repository
            "loadmaster/rehearsal/conformance.py",  # the corpus
        },
        "read it by loadmaster.planning.values.toml_text",
    ),
}
"""By what is looked for: where it may be, and what to do instead."""


def found(pattern: str, texts: Iterator[tuple[str, str]]) -> list[str]:
    return [path for path, text in texts if re.search(pattern, text)]


def _sources() -> Iterator[tuple[str, str]]:
    for top in TOPS:
        for path in sorted((ROOT / top).rglob("*.py")):
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


@pytest.mark.parametrize("pattern", ONE_PLACE)
def test_it_is_done_in_one_place(pattern: str) -> None:
    places, instead = ONE_PLACE[pattern]
    assert set(found(pattern, _sources())) <= places, instead
    assert places <= set(found(pattern, _sources())) | {"loadmaster/clients/bounded.py"}, (
        "nothing is excused for nothing"
    )


@pytest.mark.parametrize(
    ("pattern", "planted"),
    list(
        zip(
            ONE_PLACE,
            [
                "httpx.Client(timeout=1)",
                "answer.json()",
                "answer.text[:9]",
                'YAML(typ="safe")',
                'MarkdownIt("commonmark")',
                "tomllib.loads(text)",
            ],
            strict=True,
        )
    ),
)
def test_planted_elsewhere_it_is_found(pattern: str, planted: str) -> None:
    assert found(pattern, iter([("loadmaster/x.py", f"x = {planted}\n")])) == ["loadmaster/x.py"]
