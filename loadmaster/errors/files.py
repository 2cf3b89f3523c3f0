"""Files that cannot be read, or cannot be put in place."""

from __future__ import annotations

import shlex

from loadmaster.errors.base import LoadmasterError


class ByteOrderMark(LoadmasterError):
    """A text with a byte order mark before its first line."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"`{path}` begins with a byte order mark (the bytes `EF BB BF`).",
            why="an editor, most often on Windows, saved it as `UTF-8 with BOM`; cargo passes over it, other programs stumble.",
            fix="save it as UTF-8 without the mark, or run "
            f"`sed -i '1s/^\\xEF\\xBB\\xBF//' {shlex.quote(path)}` there, and commit that.",
        )


class NotAFile(LoadmasterError):
    """A path that a release reads is not a file."""

    def __init__(self, path: str, found: str) -> None:
        super().__init__(
            f"`{path}` is not a file, but {found}.",
            why="it was made by mistake, or left by a program that mounts or pipes things there.",
            fix="remove it, or put the file in its place.",
        )


class FileUnreadable(LoadmasterError):
    """This user may not read a file or directory of a tree, or the disk fails."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"`{path}` cannot be read: {reason}.",
            why="it belongs to another user, such as one that a container ran as, or the disk fails.",
            fix="give yourself the right to read it, or take it out of the tree.",
        )


class FileOfTwoNames(LoadmasterError):
    """Two paths lead to one file, and the release would write different texts to them."""

    def __init__(self, path: str, other: str) -> None:
        super().__init__(
            f"`{path}` and `{other}` are one file, by a symbolic link, and the release would write a different text to each.",
            why="packages share it by a link, and each of them needs its own text in it.",
            fix="put a file of its own in the link's place, or take one of the two out of what is written.",
        )


class BumpInterrupted(LoadmasterError):
    """A bump was killed while it put its files in place, and was not undone yet."""

    def __init__(self, tree: str, kept: str, problem: str | None = None) -> None:
        """`problem` is the reason why only a person can undo it."""
        super().__init__(
            f"A bump of `{tree}` was killed while it put its files in place"
            + (f", and {problem}." if problem else "; some of them are the new ones."),
            why=f"the process was killed or the machine went down; the former texts are kept in `{kept}`.",
            fix=f"put the files right by hand: `git -C {shlex.quote(tree)} restore PATH` brings the last commit's back, and "
            f"`{kept}` has the former ones, which its `list.json` numbers. Then remove that directory."
            if problem
            else f"run `loadmaster bump {shlex.quote(tree)} --version VERSION` again: it undoes what was written, and starts anew.",
        )


class TreeBusy(LoadmasterError):
    """Another process is writing to the same tree."""

    def __init__(self, tree: str) -> None:
        super().__init__(
            f"Another `loadmaster bump` is writing to `{tree}`.",
            why="it was started twice, or an earlier one has not ended yet.",
            fix="wait until it has ended, look at what it wrote, then start again; nothing was changed.",
        )
