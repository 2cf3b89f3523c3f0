"""git, as a release uses it: small functions over repositories of Loadmaster's own.

`copies` makes mirrors, imports and clones, `completing` brings what their source lacks, `submodules` and `lfs` what it holds
beside files; `checkouts` refuses what no clone shows; `asking` changes nothing; `uncommitted` looks into a person's checkout,
`snapshots` into a copy of a clone in which foreign code ran; `acting` commits, tags and pushes; `command` runs git without the
user's environment, `remotes` with his way to sign in at a host. None of them forces a push, or writes into a checkout that a
person works in. `extra` holds additional variables for a command (`GIT_CONFIG_GLOBAL`).
"""

from loadmaster.clients.git.acting import Author, check_out_again, commit_all, create_tag, push, stand_on
from loadmaster.clients.git.asking import (
    all_tracked_files,
    branch,
    branches,
    changes_since,
    commit_of_tag,
    commit_time,
    commit_with_tree,
    commits_since,
    filters_of,
    has_commit,
    head,
    history,
    is_ancestor,
    last_change,
    message_of,
    newest,
    observe_refs,
    origin,
    paths_of_lfs,
    resolve,
    show_file,
    status,
    tags,
    tags_below,
    texts_at,
    top,
    tracked_files,
    tree_of,
)
from loadmaster.clients.git.checkouts import require_surveyable, require_unaltered, require_unreplaced
from loadmaster.clients.git.completing import require_whole
from loadmaster.clients.git.copies import clone_at, fetch_branch, import_directory, mirror
from loadmaster.clients.git.snapshots import look_at_tree
from loadmaster.clients.git.submodules import fill
from loadmaster.clients.git.uncommitted import uncommitted

__all__ = [
    "Author",
    "all_tracked_files",
    "branch",
    "branches",
    "changes_since",
    "check_out_again",
    "clone_at",
    "commit_all",
    "commit_of_tag",
    "commit_time",
    "commit_with_tree",
    "commits_since",
    "create_tag",
    "fetch_branch",
    "fill",
    "filters_of",
    "has_commit",
    "head",
    "history",
    "import_directory",
    "is_ancestor",
    "last_change",
    "look_at_tree",
    "message_of",
    "mirror",
    "newest",
    "observe_refs",
    "origin",
    "paths_of_lfs",
    "push",
    "require_surveyable",
    "require_unaltered",
    "require_unreplaced",
    "require_whole",
    "resolve",
    "show_file",
    "stand_on",
    "status",
    "tags",
    "tags_below",
    "texts_at",
    "top",
    "tracked_files",
    "tree_of",
    "uncommitted",
]
