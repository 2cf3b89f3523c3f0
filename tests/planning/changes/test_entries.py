"""What the lines of a changelog say: the forms are those of public changelogs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadmaster.planning.changes.entries import entries_in
from loadmaster.planning.changes.level import Change

BREAKING, FEATURE = Change.BREAKING, Change.FEATURE


def said(text: str) -> list[tuple[Change, int]]:
    return [(entry.change, entry.line) for entry in entries_in("CHANGELOG.md", enumerate(text.splitlines(), start=1))]


BREAKS = [
    "### Breaking Changes\n\n- No doors.",
    "### ⚠️ Breaking Changes (Strict Schema)\n- No doors.",
    "## Breaking ⚠️\n\n* No doors.",
    "### BREAKING CHANGES\n\nThe doors are gone.",
    "### New Features (BREAKING)\n - a wing",
    "**Breaking changes**\n- No doors.",
    "- **breaking:** No doors ([#12])",
    "- **Breaking** [2291](https://example.org/2291) No doors",
    "- *Breaking* [1726]",
    "- *Breaking (Affects custom doors only)*: Rename",
    "- [Breaking] No doors",
    "- [**breaking**](#0.2.0-breaking) No doors",
    "- BREAKING: no doors",
    "- **BREAKING** Public API changes:",
    "- rt: **breaking change** overhaul of the doors",
    "- **fmt**: Renamed `Door` to `Hatch` (BREAKING)",
    "- Doors open outwards (breaking change -- see #2311)",
    "- _(deps)_ Upgrade hinges to 2.3 ([#205](https://example.org)) [**breaking**]",
    "This fix contains breaking changes, but they are allowed because this is a soundness bug fix.",
    "Technically a breaking change, the handle is removed from",
    "This is a breaking change but allowed.",
]


@pytest.mark.parametrize("text", BREAKS)
def test_it_is_breaking(text: str) -> None:
    assert [change for change, _ in said(text)][:1] == [BREAKING]


ADDS = [
    "### Added\n\n- Wings.",
    "### New features\n- Wings.",
    "### 🚀 Features\n\n* Wings.",
    "- **added:** Wings ([#1])",
]


@pytest.mark.parametrize("text", ADDS)
def test_it_adds_something(text: str) -> None:
    assert [change for change, _ in said(text)] == [FEATURE]


NOTHING = [
    "### Breaking Changes\n\n### Added",
    "### Breaking Changes\n\n- None.\n",
    "### Breaking Changes\n\n<!-- -->\n",
    "### Added\n\nNothing yet.",
    "### Fixed\n- A rivet.",
    "### Non-breaking changes\n- A rivet.",
    "### Reproducibility-breaking optimisations\n- faster rivets",
    "- No public API breaking changes",
    "There are no breaking changes.",
    "No existing API has been altered, so this is not a breaking change.",
    "may be removed without being considered a breaking change",
    "Reverted breaking change in 0.4.9 that removed the door",
    "Yanked, as it contained an accidental breaking change.",
    "[tracing-0.1.42], which was yanked due to a breaking change (see [#3424]",
    "- Fixed clicking the border breaking the theme selection.",
    "- Fix handling of Non Breaking Space (NBSP) in wrapped text",
    "- Support the BREAKING CHANGE footer with a separate description.",
    "List of breaking changes can be found [here](BREAKING-CHANGES.md).",
    "- [f8b42ad] *(breaking-changes)* Typos",
    "[breaking change]: https://example.org/labels",
]


@pytest.mark.parametrize("text", NOTHING)
def test_it_says_nothing(text: str) -> None:
    assert said(text) == []


def test_every_line_that_says_something_is_named() -> None:
    text = "### Added\n\n- Wings.\n\n### Breaking\n\n- **breaking:** No doors.\n- A rivet."
    assert said(text) == [(FEATURE, 1), (BREAKING, 5), (BREAKING, 7)]


@given(st.text(alphabet="breaking BRchge*#-[](:\n_`", max_size=200))
def test_any_text_is_read(text: str) -> None:
    assert all(1 <= line <= text.count("\n") + 1 for _, line in said(text))
