"""The git remote of a rehearsal: a bare repository whose release branch is protected, as its tags are.

It knows GitHub's rules for updates and the words it rejects with. It refuses to know who pushes: there is no
credential on a path.
"""

from __future__ import annotations

from pathlib import Path

from loadmaster.clients.disk import remove_tree, writing
from loadmaster.clients.git import resolve
from loadmaster.clients.git.command import run

# GitHub's texts GH006 (protected branch) and GH013 (repository rules).
_PRE_RECEIVE = """\
#!/bin/sh
# Rejects what a protected branch and protected tags reject, in GitHub's words.
status=0
refuse() {
    printf 'error: %s\\n\\n- %s\\n' "$1" "$2" >&2
    status=1
}
is_nothing() {
    case $1 in *[!0]*) return 1 ;; esac
}
updates=$(cat)
protected=$(git symbolic-ref HEAD)
while read -r old new ref; do
    case $ref in
    "$protected")
        branch="GH006: Protected branch update failed for $ref."
        if is_nothing "$new"; then
            refuse "$branch" 'Cannot delete this branch'
        elif ! is_nothing "$old" && ! git merge-base --is-ancestor "$old" "$new"; then
            refuse "$branch" 'Cannot force-push to this branch'
        fi
        ;;
    refs/tags/*)
        tag="GH013: Repository rule violations found for $ref."
        if is_nothing "$new"; then
            refuse "$tag" 'Cannot delete this tag'
        elif ! is_nothing "$old"; then
            refuse "$tag" 'Cannot update this protected ref.'
        fi
        ;;
    esac
done <<END
$updates
END
[ $status = 0 ] && [ -x hooks/misfortune ] || exit $status
exec hooks/misfortune before <<END
$updates
END
"""


def create_remote(directory: Path, source: Path, branch: str, *, commit: str | None = None) -> Path:
    """Makes the bare repository `directory` from the local repository `source`, and returns its absolute path.

    It holds one branch and the tags. With `commit`, the branch is at that commit and only tags in its history are taken:
    the remote as it was then. An existing remote is left unchanged, so that a Retry finds what was pushed.
    Raises `UnknownCommit`.
    """
    directory = directory.resolve()
    if directory.exists():
        return directory
    tip = resolve(source, commit or f"refs/heads/{branch}")
    unfinished = directory.with_name(f"{directory.name}.unfinished")
    remove_tree(unfinished)
    with writing(directory.parent):
        directory.parent.mkdir(parents=True, exist_ok=True)
    # Cloned whole, as hard links; other refs are removed afterwards.
    run(directory.parent, "clone", "--quiet", "--bare", "--", str(source.resolve()), str(unfinished))
    run(unfinished, "remote", "remove", "origin")
    _keep_only(unfinished, branch, tip, all_tags=commit is None)
    hook = unfinished / "hooks" / "pre-receive"
    with writing(hook):
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(_PRE_RECEIVE)
        hook.chmod(0o700)
        unfinished.rename(directory)
    return directory


def _keep_only(bare: Path, branch: str, tip: str, *, all_tags: bool) -> None:
    merged = () if all_tags else (f"--merged={tip}",)
    tags = set(_refs(bare, "refs/tags", *merged))
    run(bare, "symbolic-ref", "HEAD", f"refs/heads/{branch}")
    changes = [f"delete {ref}" for ref in _refs(bare) if ref not in tags and ref != f"refs/heads/{branch}"]
    changes.append(f"update refs/heads/{branch} {tip}")
    run(bare, "update-ref", "--stdin", stdin="".join(f"{each}\n" for each in changes).encode())


def _refs(bare: Path, *arguments: str) -> list[str]:
    return run(bare, "for-each-ref", "--format=%(refname)", *arguments).decode().splitlines()
