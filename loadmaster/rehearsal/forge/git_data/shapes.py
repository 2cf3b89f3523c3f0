"""The shapes of refs, commits, tags and files."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from urllib.parse import quote

from loadmaster.rehearsal.forge.front.addresses import Addresses, node_id
from loadmaster.rehearsal.forge.front.people import person_json
from loadmaster.rehearsal.forge.front.refusals import ForgeJson
from loadmaster.rehearsal.forge.git_data.looking import AnnotatedTag, CommitSeen, DiffedFile, RefSeen, TreeItem

UNSIGNED = {"verified": False, "reason": "unsigned", "signature": None, "payload": None, "verified_at": None}
_NOREPLY = re.compile(r"\d+\+([\w-]+)@users\.noreply\.github\.com")


def ref_json(at: Addresses, ref: RefSeen) -> ForgeJson:
    where = {"tag": "tags", "commit": "commits"}.get(ref.kind, f"{ref.kind}s")
    return {
        "ref": ref.name,
        "node_id": node_id("Ref", ref.name),
        "url": f"{at.api}/git/{quote(ref.name)}",
        "object": {"sha": ref.object, "type": ref.kind, "url": f"{at.api}/git/{where}/{ref.object}"},
    }


def tag_object_json(at: Addresses, tag: AnnotatedTag) -> ForgeJson:
    return {
        "node_id": node_id("Tag", tag.sha),
        "sha": tag.sha,
        "url": f"{at.api}/git/tags/{tag.sha}",
        "tagger": {"name": tag.tagger, "email": tag.email, "date": tag.date},
        "object": {"sha": tag.object, "type": tag.kind, "url": f"{at.api}/git/{tag.kind}s/{tag.object}"},
        "tag": tag.name,
        "message": f"{tag.message}\n",
        "verification": UNSIGNED,
    }


def commit_json(at: Addresses, commit: CommitSeen, files: Sequence[DiffedFile] | None = None) -> ForgeJson:
    """`files`: what it changes; None to leave that out, as in lists."""
    here = f"{at.api}/commits/{commit.sha}"
    shown = {
        "sha": commit.sha,
        "node_id": node_id("Commit", commit.sha),
        "commit": {
            **_signatures(commit),
            "message": commit.message,
            "tree": {"sha": commit.tree, "url": f"{at.api}/git/trees/{commit.tree}"},
            "url": f"{at.api}/git/commits/{commit.sha}",
            "comment_count": 0,
            "verification": UNSIGNED,
        },
        "url": here,
        "html_url": f"{at.pages}/commit/{commit.sha}",
        "comments_url": f"{here}/comments",
        "author": _person(at, commit.email),
        "committer": _person(at, commit.committer_email),
        "parents": [
            {"sha": each, "url": f"{at.api}/commits/{each}", "html_url": f"{at.pages}/commit/{each}"}
            for each in commit.parents
        ],
    }
    if files is None:
        return shown
    added, removed = sum(each.additions for each in files), sum(each.deletions for each in files)
    return shown | {
        "stats": {"total": added + removed, "additions": added, "deletions": removed},
        "files": [file_change_json(at, commit.sha, each) for each in files],
    }


def git_commit_json(at: Addresses, commit: CommitSeen) -> ForgeJson:
    """As `git/commits` shows it."""
    whole = commit_json(at, commit)
    return {
        "sha": commit.sha,
        "node_id": whole["node_id"],
        "url": f"{at.api}/git/commits/{commit.sha}",
        "html_url": whole["html_url"],
        **_signatures(commit),
        "tree": whole["commit"]["tree"],
        "message": commit.message,
        "parents": [
            {"sha": each, "url": f"{at.api}/git/commits/{each}", "html_url": f"{at.pages}/commit/{each}"}
            for each in commit.parents
        ],
        "verification": UNSIGNED,
    }


def commit_in_brief(commit: CommitSeen) -> ForgeJson:
    """As in workflow runs."""
    return {
        "id": commit.sha,
        "tree_id": commit.tree,
        "message": commit.message,
        "timestamp": commit.committed,
        "author": {"name": commit.author, "email": commit.email},
        "committer": {"name": commit.committer, "email": commit.committer_email},
    }


def file_change_json(at: Addresses, sha: str, change: DiffedFile) -> ForgeJson:
    path = quote(change.path)
    shown = {
        "sha": change.blob,
        "filename": change.path,
        "status": change.status,
        "additions": change.additions,
        "deletions": change.deletions,
        "changes": change.additions + change.deletions,
        "blob_url": f"{at.pages}/blob/{sha}/{path}",
        "raw_url": f"{at.pages}/raw/{sha}/{path}",
        "contents_url": f"{at.api}/contents/{path}?ref={sha}",
    }
    return shown | ({"previous_filename": change.before} if change.before else {})


def tree_item_json(at: Addresses, item: TreeItem, ref: str, content: bytes | None = None) -> ForgeJson:
    """`content`: of a file that is asked for alone."""
    path, kind = quote(item.path), {"tree": "dir", "commit": "submodule"}.get(item.kind, "file")
    part = "trees" if item.kind == "tree" else "blobs"
    links = {
        "self": f"{at.api}/contents/{path}?ref={quote(ref, safe='')}",
        "git": f"{at.api}/git/{part}/{item.sha}",
        "html": f"{at.pages}/{'tree' if item.kind == 'tree' else 'blob'}/{ref}/{path}",
    }
    shown = {
        "name": item.path.rpartition("/")[2],
        "path": item.path,
        "sha": item.sha,
        "size": item.size,
        "url": links["self"],
        "html_url": links["html"],
        "git_url": links["git"],
        "download_url": f"{at.pages}/raw/{ref}/{path}" if item.kind == "blob" else None,
        "type": "symlink" if item.is_link and content is None else kind,
    }
    if content is not None:
        shown |= {"content": base64.encodebytes(content).decode(), "encoding": "base64"}
    return shown | {"_links": links}


def _signatures(commit: CommitSeen) -> ForgeJson:
    return {
        "author": {"name": commit.author, "email": commit.email, "date": commit.date},
        "committer": {"name": commit.committer, "email": commit.committer_email, "date": commit.committed},
    }


def _person(at: Addresses, email: str) -> ForgeJson | None:
    """The person with that address, if the forge made it up."""
    if email == "noreply@github.com":
        return person_json(at, "web-flow")
    found = _NOREPLY.fullmatch(email)
    return person_json(at, found[1]) if found else None
