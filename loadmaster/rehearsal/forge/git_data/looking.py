"""The forge's view of its repository. Nothing is kept: every answer is read anew from the bare repository."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from loadmaster.clients import git
from loadmaster.clients.git.command import ask, run, text
from loadmaster.errors.git import UnknownCommit
from loadmaster.planning.values.value import Value
from loadmaster.rehearsal.forge.memory.premises import stamp

NOTHING = "0" * 40
"""The id that stands for a ref that is not there."""
_COMMIT = "%H%x00%T%x00%P%x00%an%x00%ae%x00%at%x00%cn%x00%ce%x00%ct%x00%B%x1e"
_SHA = re.compile(r"[0-9a-f]{40}")


class RefSeen(Value):
    name: str
    """In full: `refs/heads/main`."""
    object: str
    kind: str
    """Of the object: `tag` or `commit`."""


class CommitSeen(Value):
    sha: str
    tree: str
    parents: tuple[str, ...]
    author: str
    email: str
    date: str
    """When it was written, in the forge's format."""
    committer: str
    committer_email: str
    committed: str
    message: str

    @property
    def title(self) -> str:
        return self.message.partition("\n")[0]

    @property
    def text(self) -> str:
        """The message without its first line."""
        return self.message.partition("\n")[2].strip()


class AnnotatedTag(Value):
    """An annotated tag."""

    sha: str
    name: str
    message: str
    tagger: str
    email: str
    date: str
    object: str
    kind: str


class DiffedFile(Value):
    path: str
    before: str | None
    """Its former path, if it was renamed."""
    status: str
    blob: str | None
    additions: int
    deletions: int


class TreeItem(Value):
    path: str
    kind: str
    """`blob`, `tree` or `commit`."""
    sha: str
    size: int
    is_link: bool


def refs(remote: Path, *prefixes: str) -> tuple[RefSeen, ...]:
    """Those whose full names begin so, sorted; all branches and tags without any prefix."""
    told = text(
        remote, "for-each-ref", "--format=%(refname)%09%(objectname)%09%(objecttype)", "refs/heads", "refs/tags"
    )
    rows = (row.split("\t") for row in told.splitlines())
    found = (RefSeen(name=name, object=identity, kind=kind) for name, identity, kind in rows)
    return tuple(each for each in found if not prefixes or each.name.startswith(prefixes))


def ref(remote: Path, name: str) -> RefSeen | None:
    """By its full name."""
    return next((each for each in refs(remote, name) if each.name == name), None)


def commit_of(remote: Path, name: str) -> str | None:
    """The commit that a ref leads to, by its full name; None if there is no such ref."""
    answer = ask(remote, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    return answer.output.decode().strip() if answer.status == 0 else None


def tip(remote: Path, branch: str) -> str | None:
    """The commit of a branch, read from git's own files: it is asked for many times a second. None if there is no such branch."""
    loose = remote / "refs" / "heads" / branch
    if loose.is_file():
        return loose.read_text(encoding="ascii", errors="replace").strip()
    packed = remote / "packed-refs"
    lines = packed.read_text(encoding="utf-8", errors="replace").splitlines() if packed.is_file() else ()
    wanted = f" refs/heads/{branch}"
    return next((line[:40] for line in lines if line.endswith(wanted) and len(line) == 40 + len(wanted)), None)


def has_tag(remote: Path, name: str) -> bool:
    return ref(remote, f"refs/tags/{name}") is not None


def default_branch(remote: Path) -> str:
    return text(remote, "symbolic-ref", "--short", "HEAD")


def revision(remote: Path, asked: str) -> str:
    """The commit of a branch, a tag, an id or its beginning, as GitHub takes them. Raises `UnknownCommit`."""
    for name in (asked, f"refs/heads/{asked}", f"refs/tags/{asked}", f"refs/{asked}"):
        if name.startswith("refs/") and (found := commit_of(remote, name)) is not None:
            return found
    if not re.fullmatch(r"[0-9a-f]{4,40}|HEAD", asked):
        raise UnknownCommit(str(remote), asked)
    return git.resolve(remote, asked)


def commit(remote: Path, asked: str) -> CommitSeen:
    """Raises `UnknownCommit`."""
    return commits(remote, "--no-walk", revision(remote, asked))[0]


def commits(remote: Path, *arguments: str) -> tuple[CommitSeen, ...]:
    """What `git log` lists for the arguments."""
    told = run(remote, "log", f"--format={_COMMIT}", *arguments).decode(errors="replace")
    return tuple(_commit(row) for row in told.split("\x1e") if row.strip())


def history(remote: Path, tip: str, *, path: str = "") -> tuple[CommitSeen, ...]:
    """Newest first; only those that change `path`, if it is given."""
    return commits(remote, tip, *(("--", path) if path else ()))


def between(remote: Path, base: str, head: str) -> tuple[CommitSeen, ...]:
    """What `head` has and `base` has not, oldest first."""
    return commits(remote, "--reverse", "--topo-order", f"{base}..{head}")


def merge_base(remote: Path, one: str, other: str) -> str | None:
    answer = ask(remote, "merge-base", one, other)
    return answer.output.decode().strip() if answer.status == 0 else None


def is_ancestor(remote: Path, ancestor: str, descendant: str) -> bool:
    return ask(remote, "merge-base", "--is-ancestor", ancestor, descendant).status == 0


def kind_of(remote: Path, sha: str) -> str | None:
    """The kind of an object, by its whole id; None if there is none."""
    if not _SHA.fullmatch(sha):
        return None
    answer = ask(remote, "cat-file", "-t", sha)
    return answer.output.decode().strip() if answer.status == 0 else None


def tag_object(remote: Path, sha: str) -> AnnotatedTag | None:
    if kind_of(remote, sha) != "tag":
        return None
    head, _, message = run(remote, "cat-file", "tag", sha).decode(errors="replace").partition("\n\n")
    fields = dict(line.split(" ", 1) for line in head.splitlines() if " " in line)
    tagger = re.fullmatch(r"(.*) <(.*)> (\d+) \S+", fields.get("tagger", ""))
    name, email, when = tagger.groups() if tagger else ("", "", "0")
    return AnnotatedTag(
        sha=sha,
        name=fields["tag"],
        message=message.rstrip("\n"),
        tagger=name,
        email=email,
        date=stamp(int(when)),
        object=fields["object"],
        kind=fields["type"],
    )


def changes(remote: Path, base: str, head: str) -> tuple[DiffedFile, ...]:
    """The files that differ between two commits or trees, renames included."""
    told = run(remote, "diff-tree", "-r", "-z", "-M", "--raw", "--numstat", base, head).decode(errors="replace")
    fields = told.split("\0")
    raw: dict[str, tuple[str, str, str | None]] = {}
    counts: dict[str, tuple[int, int]] = {}
    while fields:
        field = fields.pop(0)
        if field.startswith(":"):
            _, _, _, blob, status = field.split(" ")
            before = fields.pop(0)
            renamed = status[0] in "RC"
            raw[fields.pop(0) if renamed else before] = (status[0], blob, before if renamed else None)
        elif field:
            added, removed, path = field.split("\t")
            if not path:  # renamed: two names follow
                fields.pop(0)
                path = fields.pop(0)
            counts[path] = (int(added) if added.isdecimal() else 0, int(removed) if removed.isdecimal() else 0)
    words = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "C": "copied", "T": "changed"}
    return tuple(
        DiffedFile(
            path=path,
            before=before,
            status=words.get(letter, "changed"),
            blob=None if blob == NOTHING else blob,
            additions=counts.get(path, (0, 0))[0],
            deletions=counts.get(path, (0, 0))[1],
        )
        for path, (letter, blob, before) in raw.items()
    )


def tree_items(remote: Path, commit: str, path: str) -> tuple[TreeItem, ...] | TreeItem | None:
    """The items of a directory, or the file at that path; None if there is neither."""
    if not path:
        return _list_tree(remote, commit, ())
    (item, *_) = _list_tree(remote, commit, (path,)) or (None,)
    if item is None:
        return None
    return _list_tree(remote, commit, (f"{path}/",)) if item.kind == "tree" else item


def content(remote: Path, blob: str) -> bytes:
    return run(remote, "cat-file", "blob", blob)


def text_at(remote: Path, commit: str, path: str) -> str | None:
    """A file of a commit; None if there is none, or it is no UTF-8."""
    found = git.show_file(remote, commit, path)
    try:
        return None if found is None else found.decode()
    except UnicodeDecodeError:
        return None


def _list_tree(remote: Path, commit: str, paths: Sequence[str]) -> tuple[TreeItem, ...]:
    told = run(remote, "ls-tree", "-l", "-z", commit, "--", *paths).decode(errors="surrogateescape")
    items = []
    for row in told.split("\0"):
        if row:
            head, _, path = row.partition("\t")
            mode, kind, sha, size = head.split()
            length = int(size) if size.isdecimal() else 0
            items.append(TreeItem(path=path, kind=kind, sha=sha, size=length, is_link=mode == "120000"))
    return tuple(items)


def _commit(row: str) -> CommitSeen:
    sha, tree, parents, *people, message = row.lstrip("\n").split("\0")
    author, email, when, committer, committer_email, committed = people
    return CommitSeen(
        sha=sha,
        tree=tree,
        parents=tuple(parents.split()),
        author=author,
        email=email,
        date=stamp(int(when)),
        committer=committer,
        committer_email=committer_email,
        committed=stamp(int(committed)),
        message=message.strip(),
    )
