"""The requests about the repository, its commits, comparisons, and files."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.responses import JSONResponse, Response

from loadmaster.errors.git import UnknownCommit
from loadmaster.rehearsal.forge.front.asked import ForgeAsked
from loadmaster.rehearsal.forge.front.front_door import ForgeEndpoint
from loadmaster.rehearsal.forge.front.listing import listed
from loadmaster.rehearsal.forge.front.refusals import ForgeProblem, not_found
from loadmaster.rehearsal.forge.front.repository_shape import whole_repository
from loadmaster.rehearsal.forge.front.rights import Needed, role_permissions
from loadmaster.rehearsal.forge.git_data import looking
from loadmaster.rehearsal.forge.git_data.looking import CommitSeen, TreeItem
from loadmaster.rehearsal.forge.git_data.shapes import (
    commit_json,
    file_change_json,
    git_commit_json,
    tree_item_json,
)
from loadmaster.rehearsal.forge.memory.premises import Premises

READ = Needed("contents", "read")
_EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
_MOST_COMPARED = 250


class CommitRoutes:
    def __init__(self, premises: Premises) -> None:
        self._premises, self._remote = premises, premises.remote

    def endpoints(self) -> Iterator[ForgeEndpoint]:
        api = f"/repos/{self._premises.repository}"
        yield ForgeEndpoint("GET", api, self._show_repository)
        yield ForgeEndpoint("GET", f"{api}/commits", self._list, READ)
        yield ForgeEndpoint("GET", f"{api}/git/commits/{{sha}}", self._show_git_commit, READ)
        yield ForgeEndpoint("GET", f"{api}/compare/{{basehead:path}}", self._compare, READ)
        yield ForgeEndpoint("GET", f"{api}/contents", self._show_content, READ)
        yield ForgeEndpoint("GET", f"{api}/contents/{{path:path}}", self._show_content, READ)

    def last_endpoints(self) -> Iterator[ForgeEndpoint]:
        """Those that would take paths of others, if they came first."""
        yield ForgeEndpoint("GET", f"/repos/{self._premises.repository}/commits/{{revision:path}}", self._show, READ)

    def _show_repository(self, asked: ForgeAsked) -> Response:
        branch = looking.default_branch(self._remote)
        permissions = None if asked.rights is None else role_permissions(asked.rights)
        return JSONResponse(whole_repository(asked.at, branch, self._premises.scenario, permissions))

    def _list(self, asked: ForgeAsked) -> Response:
        tip = asked.query("sha") or looking.default_branch(self._remote)
        try:
            found = looking.history(self._remote, looking.revision(self._remote, tip), path=asked.query("path"))
        except UnknownCommit:
            raise not_found() from None
        return listed(asked, found, lambda each: commit_json(asked.at, each))

    def _show(self, asked: ForgeAsked) -> Response:
        commit = self._commit(asked.path["revision"])
        if asked.request.headers.get("accept") == "application/vnd.github.sha":
            return Response(commit.sha, media_type="application/vnd.github.sha; charset=utf-8")
        before = commit.parents[0] if commit.parents else _EMPTY_TREE
        return JSONResponse(commit_json(asked.at, commit, looking.changes(self._remote, before, commit.sha)))

    def _show_git_commit(self, asked: ForgeAsked) -> Response:
        if looking.kind_of(self._remote, asked.path["sha"]) != "commit":
            raise not_found()
        return JSONResponse(git_commit_json(asked.at, looking.commit(self._remote, asked.path["sha"])))

    def _commit(self, revision: str) -> CommitSeen:
        try:
            return looking.commit(self._remote, revision)
        except UnknownCommit:
            raise ForgeProblem(422, f"No commit found for SHA: {revision}") from None

    def _compare(self, asked: ForgeAsked) -> Response:
        base_name, dots, head_name = asked.path["basehead"].partition("...")
        names = [name.rpartition(":")[2] for name in (base_name, head_name)]  # `OWNER:BRANCH`; there are no forks here
        try:
            base, head = (looking.commit(self._remote, name) for name in names)
        except UnknownCommit:
            raise not_found() from None
        between = looking.merge_base(self._remote, base.sha, head.sha) if dots else None
        if between is None:
            raise ForgeProblem(404, f"No common ancestor between {names[0]} and {names[1]}.")
        ahead = looking.between(self._remote, base.sha, head.sha)
        behind = len(looking.between(self._remote, head.sha, base.sha))
        status = {(True, True): "diverged", (True, False): "ahead", (False, True): "behind"}
        pages = f"{asked.at.pages}/compare/{asked.path['basehead']}"
        return JSONResponse(
            {
                "url": f"{asked.at.api}/compare/{asked.path['basehead']}",
                "html_url": pages,
                "permalink_url": f"{asked.at.pages}/compare/{base.sha[:7]}...{head.sha[:7]}",
                "diff_url": f"{pages}.diff",
                "patch_url": f"{pages}.patch",
                "base_commit": commit_json(asked.at, base),
                "merge_base_commit": commit_json(asked.at, looking.commit(self._remote, between)),
                "status": status.get((bool(ahead), bool(behind)), "identical"),
                "ahead_by": len(ahead),
                "behind_by": behind,
                "total_commits": len(ahead),
                "commits": [commit_json(asked.at, each) for each in ahead[:_MOST_COMPARED]],
                "files": [
                    file_change_json(asked.at, head.sha, each)
                    for each in looking.changes(self._remote, between, head.sha)
                ],
            }
        )

    def _show_content(self, asked: ForgeAsked) -> Response:
        ref, path = asked.query("ref"), asked.path.get("path", "").strip("/")
        try:
            commit = looking.revision(self._remote, ref or "HEAD")
        except UnknownCommit:
            raise ForgeProblem(404, f"No commit found for the ref {ref}") from None
        found = looking.tree_items(self._remote, commit, path)
        if found is None:
            raise not_found()
        shown_ref = ref or looking.default_branch(self._remote)
        if isinstance(found, TreeItem):
            content = looking.content(self._remote, found.sha) if found.kind == "blob" else None
            if "raw" in asked.request.headers.get("accept", "") and content is not None:
                return Response(content, media_type="application/vnd.github.v3.raw; charset=utf-8")
            return JSONResponse(tree_item_json(asked.at, found, shown_ref, content))
        return JSONResponse([tree_item_json(asked.at, each, shown_ref) for each in found])
