"""The shape of a repository: in whole, as part of a pull request, and in few words."""

from __future__ import annotations

from typing import Any

from loadmaster.rehearsal.forge.front.addresses import Addresses, node_id
from loadmaster.rehearsal.forge.front.people import person_json
from loadmaster.rehearsal.forge.front.refusals import ForgeJson
from loadmaster.rehearsal.forge_scenario import ForgeScenario

REPOSITORY_ID = 1
CREATED = "2020-01-01T00:00:00Z"
_LINKS = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}


def repository_in_brief(at: Addresses, *, private: bool = False) -> ForgeJson:
    """GitHub's *minimal repository*."""
    owner, _, name = at.repository.partition("/")
    return {
        "id": REPOSITORY_ID,
        "node_id": node_id("Repository", REPOSITORY_ID),
        "name": name,
        "full_name": at.repository,
        "private": private,
        "owner": person_json(at, owner, kind="Organization"),
        "html_url": at.pages,
        "description": None,
        "fork": False,
        "url": at.api,
    } | {key: at.api + path for key, path in _LINKS.items()}


def repository_json(at: Addresses, default_branch: str, scenario: ForgeScenario) -> ForgeJson:
    """As in a pull request."""
    methods: dict[str, Any] = {
        "allow_squash_merge": "squash" in scenario.merge_methods,
        "allow_merge_commit": "merge" in scenario.merge_methods,
        "allow_rebase_merge": "rebase" in scenario.merge_methods,
        "allow_auto_merge": False,
        "delete_branch_on_merge": False,
        "allow_update_branch": False,
        "use_squash_pr_title_as_default": False,
        "squash_merge_commit_message": "COMMIT_MESSAGES",
        "squash_merge_commit_title": "COMMIT_OR_PR_TITLE",
        "merge_commit_message": "PR_TITLE",
        "merge_commit_title": "MERGE_MESSAGE",
    }
    return (
        repository_in_brief(at, private=scenario.private)
        | {
            "created_at": CREATED,
            "updated_at": CREATED,
            "pushed_at": CREATED,
            "git_url": f"git://{at.base.partition('://')[2]}/{at.repository}.git",
            "ssh_url": f"git@{at.base.partition('://')[2]}:{at.repository}.git",
            "clone_url": f"{at.pages}.git",
            "svn_url": at.pages,
            "mirror_url": None,
            "homepage": None,
            "language": "Rust",
            "size": 1,
            "stargazers_count": 0,
            "watchers_count": 0,
            "forks_count": 0,
            "open_issues_count": 0,
            "has_issues": True,
            "has_projects": True,
            "has_downloads": True,
            "has_wiki": True,
            "has_pages": False,
            "has_discussions": False,
            "archived": False,
            "disabled": False,
            "license": None,
            "allow_forking": True,
            "is_template": False,
            "web_commit_signoff_required": False,
            "topics": [],
            "visibility": "private" if scenario.private else "public",
            "forks": 0,
            "open_issues": 0,
            "watchers": 0,
            "default_branch": default_branch,
        }
        | methods
    )


def whole_repository(
    at: Addresses, default_branch: str, scenario: ForgeScenario, permissions: dict[str, bool] | None
) -> ForgeJson:
    """As when it is asked for alone. `permissions`: the asker's; None for a stranger, who is not told the merge methods either."""
    whole = repository_json(at, default_branch, scenario) | {"network_count": 0, "subscribers_count": 0}
    if permissions is not None:
        return whole | {"temp_clone_token": "", "permissions": permissions}
    return {key: value for key, value in whole.items() if "merge" not in key or key == "merges_url"}
