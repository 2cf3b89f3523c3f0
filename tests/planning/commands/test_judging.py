"""What a command changed, told from two sightings of a tree, and what of it a release takes: all, or an error that names it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.release_commands.results import (
    ReleaseCommandPathMissing,
    ReleaseCommandRefused,
    ReleaseCommandWentBeyond,
)
from loadmaster.planning.commands.changes import ChangedFile, EntryKind, FileChange, TreeEntry, TreeSeen, changed_paths
from loadmaster.planning.commands.judging import CommandSeen, judge
from loadmaster.planning.profile.release_command import ReleaseCommand

Tree = Mapping[str, TreeEntry]


def file(content: str, *, executable: bool = False) -> TreeEntry:
    return TreeEntry(EntryKind.FILE, content, executable)


def link(target: str) -> TreeEntry:
    return TreeEntry(EntryKind.LINK, target)


PIPE = TreeEntry(EntryKind.OTHER, "a named pipe, a socket or a device")
BEFORE: Tree = {
    "docs/table.md": file("old"),
    "docs/away": link("../src"),
    "src/lib.rs": file("code"),
    "vendor/zlib/a.c": file("c"),
    ".gitignore": file("target"),
}
TRACKED = frozenset(BEFORE)


def seen(
    after: Tree, untracked: Collection[str] = (), *, repository: str = "same", lfs: Collection[str] = ()
) -> CommandSeen:
    """`after` in the place of what was there; None for a path that is gone."""
    first = TreeSeen(BEFORE, frozenset(), "same")
    second = TreeSeen(after, frozenset(untracked), repository)
    modules = ("vendor/zlib",)
    return CommandSeen(first, second, changed_paths(first, second, TRACKED, modules), TRACKED, modules, lfs)


def with_(**changed: TreeEntry | None) -> Tree:
    """The tree with other entries, by paths whose `/` and `.` are spelled `__` and `_dot_`."""
    paths = {path.replace("__", "/").replace("_dot_", "."): entry for path, entry in changed.items()}
    return {path: entry for path, entry in {**BEFORE, **paths}.items() if entry is not None}


def command(*paths: str) -> ReleaseCommand:
    return ReleaseCommand(run=("make",), paths=paths or ("docs/**",), name="docs")


TAKEN: list[tuple[str, CommandSeen, list[ChangedFile]]] = [
    ("nothing", seen(BEFORE), []),
    (
        "another content",
        seen(with_(docs__table_dot_md=file("new"))),
        [ChangedFile(path="docs/table.md", how=FileChange.CHANGED, sha256="new")],
    ),
    (
        "another mode",
        seen(with_(docs__table_dot_md=file("old", executable=True))),
        [ChangedFile(path="docs/table.md", how=FileChange.CHANGED, sha256="old", executable=True)],
    ),
    (
        "a file that is gone",
        seen(with_(docs__table_dot_md=None)),
        [ChangedFile(path="docs/table.md", how=FileChange.DELETED)],
    ),
    (
        "a new file",
        seen(with_(docs__new=file("new")), ["docs/new"]),
        [ChangedFile(path="docs/new", how=FileChange.MADE, sha256="new")],
    ),
    ("a new file that git ignores", seen(with_(target__x=file("new"), docs__hidden=file("new"))), []),
    ("a pipe that git does not list", seen(with_(docs__pipe=PIPE)), []),
    (
        "a link to a file",
        seen(with_(docs__latest=link("./table.md")), ["docs/latest"]),
        [ChangedFile(path="docs/latest", how=FileChange.MADE, link="./table.md")],
    ),
    (
        "a link through the directory above",
        seen(with_(docs__code=link("../src/lib.rs")), ["docs/code"]),
        [ChangedFile(path="docs/code", how=FileChange.MADE, link="../src/lib.rs")],
    ),
    (
        "a directory in the place of a link",
        seen(with_(docs__away=None, docs__away__x=file("new")), ["docs/away/x"]),
        [
            ChangedFile(path="docs/away", how=FileChange.DELETED),
            ChangedFile(path="docs/away/x", how=FileChange.MADE, sha256="new"),
        ],
    ),
]


@pytest.mark.parametrize(("sighting", "files"), [row[1:] for row in TAKEN], ids=[row[0] for row in TAKEN])
def test_what_is_taken(sighting: CommandSeen, files: list[ChangedFile]) -> None:
    assert list(judge(command(), sighting)) == files


def _link(target: str) -> CommandSeen:
    return seen(with_(docs__x=link(target)), ["docs/x"])


REFUSED: list[tuple[str, ReleaseCommand, CommandSeen, type[LoadmasterError], Mapping[str, Any]]] = [
    (
        "another file's content",
        command(),
        seen(with_(src__lib_dot_rs=file("new"))),
        ReleaseCommandWentBeyond,
        {"changed": ["src/lib.rs"], "left": [], "deleted": []},
    ),
    (
        "all that it may not",
        command(),
        seen(with_(src__lib_dot_rs=file("code", executable=True), _dot_gitignore=None, x=file("x")), ["x"]),
        ReleaseCommandWentBeyond,
        {"changed": ["src/lib.rs"], "left": ["x"], "deleted": [".gitignore"]},
    ),
    (
        "a file below a glob that stays within one directory",
        command("docs/*"),
        seen(with_(docs__in__x=file("x")), ["docs/in/x"]),
        ReleaseCommandWentBeyond,
        {"left": ["docs/in/x"]},
    ),
    (
        "a repository of its own, which git lists as one path",
        command("docs/*"),
        seen(with_(docs__in___dot_git__HEAD=file("x"), docs__in__x=file("x")), ["docs/in/"]),
        ReleaseCommandWentBeyond,
        {"left": ["docs/in/.git/HEAD", "docs/in/x"]},
    ),
    ("git's settings", command(), seen(BEFORE, repository="other"), ReleaseCommandRefused, {"refused": [".git"]}),
    (
        "git's settings, even if no file may be changed at all",
        command("none/*"),
        seen(with_(src__lib_dot_rs=None), repository="other"),
        ReleaseCommandRefused,
        {"refused": [".git"]},
    ),
    (
        "what git ignores",
        command("**"),
        seen(with_(_dot_gitignore=file("*"))),
        ReleaseCommandRefused,
        {"refused": [".gitignore"]},
    ),
    (
        "git's files, in any case and at any depth",
        command("**"),
        seen(
            with_(a___dot_GitAttributes=file("x"), a___dot_gitmodules=file("x")), ["a/.GitAttributes", "a/.gitmodules"]
        ),
        ReleaseCommandRefused,
        {"refused": ["a/.GitAttributes", "a/.gitmodules"]},
    ),
    (
        "a toolchain file",
        command("**"),
        seen({**BEFORE, "a/rust-toolchain.toml": file("x")}, ["a/rust-toolchain.toml"]),
        ReleaseCommandRefused,
        {"refused": ["a/rust-toolchain.toml"]},
    ),
    (
        "cargo's configuration",
        command("**"),
        seen(
            {**BEFORE, "a/.cargo/config": file("x"), ".cargo/config.toml": file("x")},
            ["a/.cargo/config", ".cargo/config.toml"],
        ),
        ReleaseCommandRefused,
        {"refused": [".cargo/config.toml", "a/.cargo/config"]},
    ),
    (
        "a file of a submodule, new or not",
        command("**"),
        seen(with_(vendor__zlib__a_dot_c=file("new"), vendor__zlib__b_dot_c=file("new"))),
        ReleaseCommandRefused,
        {"refused": ["vendor/zlib/a.c", "vendor/zlib/b.c"]},
    ),
    (
        "a file of Git LFS",
        command(),
        seen(with_(docs__table_dot_md=file("new")), lfs=["docs/table.md"]),
        ReleaseCommandRefused,
        {"refused": ["docs/table.md"]},
    ),
    ("a pipe", command(), seen(with_(docs__table_dot_md=PIPE)), ReleaseCommandRefused, {"refused": ["docs/table.md"]}),
    (
        "a name that is no text",
        command("**"),
        seen({**BEFORE, "docs/\udcff": file("x"), "docs/a\u202eb": file("x")}, ["docs/\udcff", "docs/a\u202eb"]),
        ReleaseCommandRefused,
        {"refused": ["docs/\\udcff", "docs/a\\u202eb"]},
    ),
    *(
        (f"a link to {told}", command(), _link(target), ReleaseCommandRefused, {"refused": ["docs/x"]})
        for told, target in [
            ("an absolute path", "/etc/hostname"),
            ("what is above the tree", "../../etc/hostname"),
            ("the tree, by a way around it", "../../tree/src/lib.rs"),
            ("git", "../.git/config"),
            ("another link", "away"),
            ("a file behind another link", "away/lib.rs"),
            ("a file past another link", "away/../table.md"),
            ("a file past a file", "table.md/../table.md"),
            ("nothing", "none"),
            ("itself", "x"),
            ("a directory", "../src"),
            ("the directory that it is in", "."),
        ]
    ),
    (
        "a link to what git ignores",
        command(),
        seen(with_(docs__x=link("../target/x"), target__x=file("x")), ["docs/x"]),
        ReleaseCommandRefused,
        {"refused": ["docs/x"]},
    ),
    (
        "a path of the profile that is no file",
        command("docs/tabel.md", "docs/table.md", "docs/*.svg"),
        seen(with_(docs__table_dot_md=file("new"))),
        ReleaseCommandPathMissing,
        {"paths": ["docs/tabel.md"]},
    ),
    (
        "a path of the profile that git ignores",
        command("target/x"),
        seen(with_(target__x=file("new"))),
        ReleaseCommandPathMissing,
        {"paths": ["target/x"]},
    ),
]


@pytest.mark.parametrize(
    ("allowed", "sighting", "error", "facts"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_what_is_refused(
    allowed: ReleaseCommand, sighting: CommandSeen, error: type[LoadmasterError], facts: Mapping[str, Any]
) -> None:
    with pytest.raises(error) as raised:
        judge(allowed, sighting)
    told: dict[str, Any] = dict(raised.value.facts)
    told |= {"refused": sorted(told.get("refused", ()))}
    assert {name: told[name] for name in facts} == facts


def test_a_path_that_a_command_makes_or_deletes_is_not_missing() -> None:
    paths = command("docs/new", "docs/table.md")
    made = seen(with_(docs__new=file("new"), docs__table_dot_md=None), ["docs/new"])
    assert [each.path for each in judge(paths, made)] == ["docs/new", "docs/table.md"]


_NAMES = st.sampled_from(["a", "b", "docs/a", "docs/b", "docs/in/a", "src/a"])
_ENTRIES = st.builds(file, st.sampled_from(["one", "two"]), executable=st.booleans())
_TREES = st.dictionaries(_NAMES, _ENTRIES)
_MEANS: Mapping[str, Callable[[str], bool]] = {
    "docs/*": lambda path: path.startswith("docs/") and path.count("/") == 1,
    "docs/**": lambda path: path.startswith("docs/"),
    "**/a": lambda path: path == "a" or path.endswith("/a"),
    "?": lambda path: len(path) == 1,
    "[!b]": lambda path: path == "a",
}
"""What each glob stands for, told otherwise."""


@given(_TREES, _TREES, st.sets(_NAMES), st.sets(st.sampled_from(sorted(_MEANS)), min_size=1))
def test_all_that_git_shows_is_taken_or_named_and_what_is_taken_makes_the_tree(
    before: Tree, after: Tree, ignored: set[str], globs: set[str]
) -> None:
    tracked = before.keys() - ignored
    first, second = (TreeSeen(tree, frozenset(tree.keys() - tracked - ignored), "same") for tree in (before, after))
    changed = changed_paths(first, second, tracked, ())
    shown = (before.keys() | after.keys()) - ignored
    assert changed == sorted(path for path in shown if before.get(path) != after.get(path))
    beyond = [path for path in changed if not any(_MEANS[glob](path) for glob in globs)]
    try:
        taken = judge(command(*sorted(globs)), CommandSeen(first, second, changed, tracked))
    except ReleaseCommandWentBeyond as error:
        facts: dict[str, Any] = dict(error.facts)
        named = [path for how in ("changed", "left", "deleted") for path in facts[how]]
        assert sorted(named) == beyond
        return
    assert not beyond
    made = {path: entry for path, entry in before.items() if path in shown}
    for each in taken:
        made.pop(each.path, None)
        if each.sha256 is not None:
            made[each.path] = file(each.sha256, executable=each.executable)
    assert made == {path: entry for path, entry in after.items() if path in shown}
