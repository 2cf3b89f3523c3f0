"""Files that cannot be read, or cannot be put in place: what stands in the way of a whole tree."""

from __future__ import annotations

from loadmaster.errors.base import LoadmasterError


class ByteOrderMark(LoadmasterError):
    """A text with a byte order mark before its first line."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"`{path}` begins with a byte order mark (the bytes `EF BB BF`).",
            why="an editor, most often on Windows, saved it as `UTF-8 with BOM`; cargo passes over it, other programs stumble.",
            fix=f"save it as UTF-8 without the mark, or run `sed -i '1s/^\\xEF\\xBB\\xBF//' {path}`, and commit that.",
        )


class NotAFile(LoadmasterError):
    """Something else stands where a release reads a file."""

    def __init__(self, path: str, found: str) -> None:
        super().__init__(
            f"`{path}` is not a file, but {found}.",
            why="it was made by mistake, or left by a program that mounts or pipes things there.",
            fix="take it away, or put the file in its place.",
        )


class FileUnreadable(LoadmasterError):
    """A file or directory of a tree that this user may not read, or that the disk does not give."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"`{path}` cannot be read: {reason}.",
            why="it belongs to another user, such as one that a container ran as, or the disk fails.",
            fix="give yourself the right to read it, or take it out of the tree.",
        )


class FileOfTwoNames(LoadmasterError):
    """Two paths that lead to one file, and are to say different things."""

    def __init__(self, path: str, other: str) -> None:
        super().__init__(
            f"`{path}` and `{other}` are one file, by a symbolic link, and the release would write each another way.",
            why="packages share it by a link, and every one of them wants its own text in it.",
            fix="put a file of its own in the link's place, or take one of the two out of what is written.",
        )


class BumpInterrupted(LoadmasterError):
    """A bump that was killed while it put its files in place, and that nobody has taken back yet."""

    def __init__(self, tree: str, kept: str, problem: str | None = None) -> None:
        """`problem` is why nobody but a person can take it back."""
        super().__init__(
            f"A bump of `{tree}` was killed while it put its files in place"
            + (f", and {problem}." if problem else "; some of them are the new ones."),
            why=f"the process was killed or the machine went down; what the files said before is kept in `{kept}`.",
            fix=f"put the files right by hand, by `git checkout` or from `{kept}`, and remove that directory."
            if problem
            else "run `loadmaster bump` again: it takes back what was written, and starts anew.",
        )


class TreeBusy(LoadmasterError):
    """Another process is writing to the same tree."""

    def __init__(self, tree: str) -> None:
        super().__init__(
            f"Another `loadmaster bump` is writing to `{tree}`.",
            why="it was started twice, or an earlier one has not ended yet.",
            fix="wait until it has ended, look at what it wrote, then start again; nothing was changed.",
        )
