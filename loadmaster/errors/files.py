"""Files that cannot be read, cannot be written, or cannot be put in place."""

from __future__ import annotations

import shlex

from loadmaster.errors.base import LoadmasterError, install_text


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


class ToolFileBroken(LoadmasterError):
    """The settings of another release tool, which `init` reads, cannot be read."""

    def __init__(self, path: str, line: int | None, reason: str) -> None:
        super().__init__(
            f"`{path}` cannot be read{f', line {line}' if line else ''}: {reason}.",
            why="another tool's settings are read for the first profile, and a setting that cannot be read would be passed over.",
            fix="mend the file, as its own tool would want it; or remove it, if that tool is no longer used.",
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


def _free(count: int | None) -> str:
    """How many bytes are free, in words; "" if that could not be asked."""
    return "" if count is None else f" ({count / 1e6:.1f} MB are free there)"


class DiskFull(LoadmasterError):
    """No space is left where Loadmaster, or a program that it runs, writes. `free` are the bytes that are left at `path`."""

    def __init__(self, path: str, doing: str, free: int | None = None) -> None:
        super().__init__(
            f"No space is left for `{path}`, {doing}{_free(free)}.",
            why="the disk is full, or this user's share of it; clones, builds and packaged crates are kept on it.",
            fix="free some space there (`loadmaster prune --older-than 0` removes what finished runs and builds leave), then try "
            "again. `loadmaster runs` shows what is released by now; that is recognised, and not done again.",
        )


class NotWritten(LoadmasterError):
    """A file or directory of Loadmaster's own cannot be written, and not for want of space."""

    def __init__(self, path: str, reason: str, free: int | None = None) -> None:
        super().__init__(
            f"`{path}` cannot be written: {reason.rstrip('.')}{_free(free)}.",
            why="the file system is read-only, the directory belongs to somebody else, or the disk fails.",
            fix="make it writable for this user, then try again. `loadmaster runs` shows what is released by now; that is "
            "recognised, and not done again.",
        )


class ReceiptNotWritten(LoadmasterError):
    """The release is complete and verified, and its receipt could not be written."""

    def __init__(self, project: str, version: str, path: str, reason: str) -> None:
        super().__init__(
            f"`{project}` {version} is released, with every object in place, but its receipt `{path}` could not be written: "
            f"{reason}",
            why="the disk is full or cannot be written; the release itself needed no more of it.",
            fix="mend that, then start the release again: it finds everything in place, and writes the receipt.",
        )


class StoreNewer(LoadmasterError):
    """The store has a format that this version of Loadmaster does not know."""

    def __init__(self, place: str, found: int, known: int, version: str) -> None:
        """`version` is the Loadmaster that gave the store its format."""
        super().__init__(
            f"The store `{place}` has format {found}, and this Loadmaster knows none above {known}.",
            why=f"Loadmaster {version} has used it. What an older one cannot read there, it would take for something missing.",
            fix=f"{install_text(version)} Or name another store with `LOADMASTER_HOME`. Nothing in this one was changed.",
        )


class StoreMarkBroken(LoadmasterError):
    """The file that says which format the store has cannot be read."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"`{path}` does not say which format the store has: {reason}.",
            why="it was edited by hand, or damaged by the disk; Loadmaster writes it whole or not at all.",
            fix=f"if no newer Loadmaster has ever used the store, run `rm {shlex.quote(path)}`: it is written anew, and nothing "
            "else of the store depends on it.",
        )


class HomeUnknown(LoadmasterError):
    """This user has no home directory that anybody could name."""

    def __init__(self) -> None:
        super().__init__(
            "This user has no home directory.",
            why="`HOME` is not set, and the system does not know the user: a container that was started for a number alone.",
            fix="name a directory that this user may write, such as `export HOME=/tmp/home`; rustup and git want one, too.",
        )
