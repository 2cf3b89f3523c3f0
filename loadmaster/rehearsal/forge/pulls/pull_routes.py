"""The requests about pull requests."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.responses import JSONResponse, Response

from loadmaster.rehearsal.forge.front.addresses import node_id
from loadmaster.rehearsal.forge.front.asked import ForgeAsked
from loadmaster.rehearsal.forge.front.front_door import ForgeEndpoint
from loadmaster.rehearsal.forge.front.listing import listed
from loadmaster.rehearsal.forge.front.people import person_json
from loadmaster.rehearsal.forge.front.refusals import ForgeJson, ForgeProblem, invalid, not_found
from loadmaster.rehearsal.forge.front.rights import Needed
from loadmaster.rehearsal.forge.git_data import looking
from loadmaster.rehearsal.forge.git_data.shapes import commit_json, file_change_json
from loadmaster.rehearsal.forge.memory.premises import Premises, stamp
from loadmaster.rehearsal.forge.pulls.judging import Mergeability, PullJudge
from loadmaster.rehearsal.forge.pulls.pulls import Pulls
from loadmaster.rehearsal.forge.pulls.records import PullMemory, PullRecord
from loadmaster.rehearsal.forge.pulls.shapes import pull_in_brief, pull_json

READ, WRITE = Needed("pull_requests", "read"), Needed("pull_requests", "write")
MERGE = Needed("contents", "write")
_HEAD_MODIFIED = "Head branch was modified. Review and try the merge again."
_WORDS = {"merge": "Merge commits", "squash": "Squash merges", "rebase": "Rebase merges"}


class PullRoutes:
    def __init__(self, premises: Premises, memory: PullMemory, pulls: Pulls, judge: PullJudge) -> None:
        self._premises, self._memory, self._pulls, self._judge = premises, memory, pulls, judge

    def endpoints(self) -> Iterator[ForgeEndpoint]:
        api = f"/repos/{self._premises.repository}/pulls"
        pull = f"{api}/{{number:int}}"
        yield ForgeEndpoint("GET", api, self._list, READ)
        yield ForgeEndpoint("POST", api, self._create, WRITE, door="pull")
        yield ForgeEndpoint("GET", pull, self._show, READ)
        yield ForgeEndpoint("PATCH", pull, self._change, WRITE)
        yield ForgeEndpoint("GET", f"{pull}/commits", self._list_commits, READ)
        yield ForgeEndpoint("GET", f"{pull}/files", self._list_files, READ)
        yield ForgeEndpoint("GET", f"{pull}/reviews", self._list_reviews, READ)
        yield ForgeEndpoint("GET", f"{pull}/merge", self._is_merged, READ)
        yield ForgeEndpoint("PUT", f"{pull}/merge", self._merge, MERGE, door="merge")
        yield ForgeEndpoint("PUT", f"{pull}/update-branch", self._update_branch, WRITE)

    def _require(self, asked: ForgeAsked) -> PullRecord:
        found = self._memory.pulls.get(asked.path["number"])
        if found is None:
            raise not_found()
        return found

    def _brief(self, asked: ForgeAsked, pull: PullRecord) -> ForgeJson:
        return pull_in_brief(asked.at, pull, looking.default_branch(self._premises.remote), self._premises.scenario)

    def _json(self, asked: ForgeAsked, pull: PullRecord) -> ForgeJson:
        remote = self._premises.remote
        base = looking.merge_base(remote, pull.base_sha, pull.head_sha) or pull.base_sha
        commits = len(looking.between(remote, pull.base_sha, pull.head_sha))
        files = looking.changes(remote, base, pull.head_sha)
        return pull_json(asked.at, self._brief(asked, pull), pull, self._seen(pull), commits, files)

    def _seen(self, pull: PullRecord) -> Mergeability:
        """GitHub works it out later: the first look at a pair of commits is told that nobody knows."""
        if pull.state == "closed":
            return Mergeability(None, "unknown", None)
        pair = f"{pull.head_sha} {pull.base_sha}"
        if pull.judged != pair:
            self._memory.pulls.put(pull.model_copy(update={"judged": pair}))
            return Mergeability(None, "unknown", None)
        return self._judge.judge(pull)

    def _list(self, asked: ForgeAsked) -> Response:
        state, base, head = asked.query("state", "open"), asked.query("base"), asked.query("head")
        owner, _, branch = head.rpartition(":")
        found = [
            each
            for each in self._memory.pulls.all()
            if state in ("all", each.state)
            and base in ("", each.base)
            and (":" not in head or (branch == each.head and owner.lower() == self._premises.owner.lower()))
        ]
        if asked.query("direction") == "asc":
            found.reverse()
        return listed(asked, found, lambda each: self._brief(asked, each))

    def _create(self, asked: ForgeAsked) -> Response:
        body = asked.json()
        head, base = asked.required_text(body, "head"), asked.required_text(body, "base")
        title = asked.text(body, "title")
        if not title:
            raise invalid("PullRequest", "title", "missing_field")
        branch = head.rpartition(":")[2]
        for field, name in (("head", branch), ("base", base)):
            if looking.ref(self._premises.remote, f"refs/heads/{name}") is None:
                raise invalid("PullRequest", field, "invalid")
        label = f"{self._premises.owner}:{branch}"
        if any(each.head == branch and each.base == base for each in self._memory.open_ones()):
            text = f"A pull request already exists for {label}."
            raise ForgeProblem(422, "Validation Failed", {"resource": "PullRequest", "code": "custom", "message": text})
        if not looking.between(self._premises.remote, f"refs/heads/{base}", f"refs/heads/{branch}"):
            text = f"No commits between {base} and {branch}"
            raise ForgeProblem(422, "Validation Failed", {"resource": "PullRequest", "code": "custom", "message": text})
        pull = self._pulls.open(title, asked.text(body, "body"), branch, base, draft=body.get("draft") is True)
        shown = self._json(asked, pull)
        return JSONResponse(shown, 201, headers={"Location": shown["url"]})

    def _show(self, asked: ForgeAsked) -> Response:
        return JSONResponse(self._json(asked, self._require(asked)))

    def _change(self, asked: ForgeAsked) -> Response:
        pull, body = self._require(asked), asked.json()
        texts = {name: text for name in ("title", "body") if (text := asked.text(body, name)) is not None}
        state, base = asked.text(body, "state"), asked.text(body, "base")
        if state not in (None, "open", "closed"):
            raise ForgeProblem(422, "Invalid request.\n\n'state' must be one of 'open', 'closed'.")
        if base is not None and looking.ref(self._premises.remote, f"refs/heads/{base}") is None:
            raise invalid("PullRequest", "base", "invalid")
        if texts or base:
            now = self._premises.now()
            changed = texts | ({"base": base} if base else {})
            pull = self._memory.pulls.put(pull.model_copy(update={**changed, "updated": now}))
        if state == "closed" and pull.state == "open":
            pull = self._pulls.close(pull)
        if state == "open" and pull.state == "closed":
            self._require_reopenable(pull)
            pull = self._pulls.reopen(pull)
        return JSONResponse(self._json(asked, pull))

    def _require_reopenable(self, pull: PullRecord) -> None:
        gone = looking.ref(self._premises.remote, f"refs/heads/{pull.head}") is None
        if pull.merged is not None or gone:
            text = f"The {pull.head} branch was deleted." if gone else "The pull request cannot be reopened."
            error = {"resource": "PullRequest", "code": "invalid", "field": "state", "message": f"state {text}"}
            raise ForgeProblem(422, "Validation Failed", error)

    def _list_commits(self, asked: ForgeAsked) -> Response:
        pull = self._require(asked)
        found = looking.between(self._premises.remote, pull.base_sha, pull.head_sha)
        return listed(asked, found, lambda each: commit_json(asked.at, each))

    def _list_files(self, asked: ForgeAsked) -> Response:
        pull, remote = self._require(asked), self._premises.remote
        base = looking.merge_base(remote, pull.base_sha, pull.head_sha) or pull.base_sha
        found = looking.changes(remote, base, pull.head_sha)
        return listed(asked, found, lambda each: file_change_json(asked.at, pull.head_sha, each))

    def _list_reviews(self, asked: ForgeAsked) -> Response:
        pull = self._require(asked)
        page, here = f"{asked.at.pages}/pull/{pull.id}", f"{asked.at.api}/pulls/{pull.id}"

        def show(number: int) -> ForgeJson:
            address = f"{page}#pullrequestreview-{number}"
            return {
                "id": number,
                "node_id": node_id("PullRequestReview", number),
                "user": person_json(asked.at, f"reviewer-{number}"),
                "body": "",
                "state": "APPROVED",
                "html_url": address,
                "pull_request_url": here,
                "author_association": "MEMBER",
                "_links": {"html": {"href": address}, "pull_request": {"href": here}},
                "submitted_at": stamp(pull.created),
                "commit_id": pull.head_sha,
            }

        return listed(asked, range(1, self._judge.approvals(pull) + 1), show)

    def _is_merged(self, asked: ForgeAsked) -> Response:
        if self._require(asked).merged is None:
            raise not_found()
        return Response(status_code=204)

    def _merge(self, asked: ForgeAsked) -> Response:
        pull, body = self._require(asked), asked.json()
        sha, method = asked.text(body, "sha"), asked.text(body, "merge_method") or "merge"
        if method not in ("merge", "squash", "rebase"):
            raise ForgeProblem(422, "Invalid request.\n\n'merge_method' must be one of 'merge', 'squash', 'rebase'.")
        if pull.state == "closed":
            raise ForgeProblem(405, "Pull Request is not mergeable")
        if sha is not None and sha != pull.head_sha:
            raise ForgeProblem(409, _HEAD_MODIFIED)
        if method not in self._premises.scenario.merge_methods:
            raise ForgeProblem(405, f"{_WORDS[method]} are not allowed on this repository.")
        refusal = self._judge.judge(pull).refusal
        if refusal is not None:
            raise ForgeProblem(405, refusal)
        title, message = asked.text(body, "commit_title"), asked.text(body, "commit_message")
        merged = self._pulls.merge(pull, method, title=title, message=message)
        return JSONResponse(
            {"sha": merged.merge_sha, "merged": True, "message": "Pull Request successfully merged"},
        )

    def _update_branch(self, asked: ForgeAsked) -> Response:
        pull, body = self._require(asked), asked.json()
        expected = asked.text(body, "expected_head_sha")
        if expected is not None and expected != pull.head_sha:
            raise ForgeProblem(422, f"expected head sha didn't match current head ref: {expected}")
        if looking.is_ancestor(self._premises.remote, pull.base_sha, pull.head_sha):
            raise ForgeProblem(422, "There are no new commits on the base branch.")
        self._pulls.update_branch(pull)
        here = f"{asked.at.api}/pulls/{pull.id}"
        return JSONResponse({"message": "Updating pull request branch.", "url": here}, 202)
