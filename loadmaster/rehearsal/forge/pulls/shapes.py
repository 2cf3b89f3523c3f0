"""The shapes of pull requests, in lists and alone."""

from __future__ import annotations

from collections.abc import Sequence

from loadmaster.rehearsal.forge.front.addresses import Addresses, node_id
from loadmaster.rehearsal.forge.front.people import person_json
from loadmaster.rehearsal.forge.front.refusals import ForgeJson
from loadmaster.rehearsal.forge.front.repository_shape import repository_json
from loadmaster.rehearsal.forge.git_data.looking import DiffedFile
from loadmaster.rehearsal.forge.memory.premises import stamp, stamp_or_none
from loadmaster.rehearsal.forge.pulls.judging import Mergeability
from loadmaster.rehearsal.forge.pulls.records import PullRecord
from loadmaster.rehearsal.forge_scenario import ForgeScenario


def pull_in_brief(at: Addresses, pull: PullRecord, default_branch: str, scenario: ForgeScenario) -> ForgeJson:
    """As in lists."""
    here, page = f"{at.api}/pulls/{pull.id}", f"{at.pages}/pull/{pull.id}"
    issue, owner = f"{at.api}/issues/{pull.id}", at.repository.partition("/")[0]
    repository = repository_json(at, default_branch, scenario)
    links = {
        "self": here,
        "html": page,
        "issue": issue,
        "comments": f"{issue}/comments",
        "review_comments": f"{here}/comments",
        "review_comment": f"{at.api}/pulls/comments{{/number}}",
        "commits": f"{here}/commits",
        "statuses": f"{at.api}/statuses/{pull.head_sha}",
    }

    def side(branch: str, sha: str) -> ForgeJson:
        user = person_json(at, owner, kind="Organization")
        return {"label": f"{owner}:{branch}", "ref": branch, "sha": sha, "user": user, "repo": repository}

    return {
        "url": here,
        "id": 1000 + pull.id,
        "node_id": node_id("PullRequest", pull.id),
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "issue_url": issue,
        "number": pull.id,
        "state": pull.state,
        "locked": False,
        "title": pull.title,
        "user": person_json(at, pull.author),
        "body": pull.body,
        "created_at": stamp(pull.created),
        "updated_at": stamp(pull.updated),
        "closed_at": stamp_or_none(pull.closed),
        "merged_at": stamp_or_none(pull.merged),
        "merge_commit_sha": pull.merge_sha,
        "assignee": None,
        "assignees": [],
        "requested_reviewers": [],
        "requested_teams": [],
        "labels": [],
        "milestone": None,
        "draft": pull.draft,
        "commits_url": links["commits"],
        "review_comments_url": links["review_comments"],
        "review_comment_url": links["review_comment"],
        "comments_url": links["comments"],
        "statuses_url": links["statuses"],
        "head": side(pull.head, pull.head_sha),
        "base": side(pull.base, pull.base_sha),
        "_links": {name: {"href": link} for name, link in links.items()},
        "author_association": "MEMBER",
        "auto_merge": None,
        "active_lock_reason": None,
    }


def pull_json(
    at: Addresses, brief: ForgeJson, pull: PullRecord, seen: Mergeability, commits: int, files: Sequence[DiffedFile]
) -> ForgeJson:
    """As alone."""
    return brief | {
        "merged": pull.merged is not None,
        "mergeable": seen.mergeable,
        "rebaseable": seen.mergeable,
        "mergeable_state": seen.state,
        "merged_by": None if pull.merged_by is None else person_json(at, pull.merged_by),
        "comments": 0,
        "review_comments": 0,
        "maintainer_can_modify": False,
        "commits": commits,
        "additions": sum(each.additions for each in files),
        "deletions": sum(each.deletions for each in files),
        "changed_files": len(files),
    }
