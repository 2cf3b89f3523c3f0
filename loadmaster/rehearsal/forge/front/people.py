"""The shapes of people, and of the app that runs workflows."""

from __future__ import annotations

import hashlib

from loadmaster.rehearsal.forge.front.addresses import Addresses, node_id
from loadmaster.rehearsal.forge.front.refusals import ForgeJson

ACTIONS_ID = 15368
"""The id of GitHub Actions among the apps."""


def person_number(login: str) -> int:
    """Made up from the login, so that it is the same in every world. The world's own person is number 1."""
    return 1 if login == "rehearsal" else 2 + int(hashlib.sha256(login.encode()).hexdigest()[:6], 16)


def person_json(at: Addresses, login: str, *, kind: str = "User") -> ForgeJson:
    here, number = at.user(login), person_number(login)
    return {
        "login": login,
        "id": number,
        "node_id": node_id("User", number),
        "avatar_url": f"{at.base}/avatars/{login}",
        "gravatar_id": "",
        "url": here,
        "html_url": f"{at.base}/{login}",
        "followers_url": f"{here}/followers",
        "following_url": f"{here}/following{{/other_user}}",
        "gists_url": f"{here}/gists{{/gist_id}}",
        "starred_url": f"{here}/starred{{/owner}}{{/repo}}",
        "subscriptions_url": f"{here}/subscriptions",
        "organizations_url": f"{here}/orgs",
        "repos_url": f"{here}/repos",
        "events_url": f"{here}/events{{/privacy}}",
        "received_events_url": f"{here}/received_events",
        "type": kind,
        "user_view_type": "public",
        "site_admin": False,
    }


def email_of(login: str) -> str:
    """The address that a person has in commits which the forge makes."""
    return f"{person_number(login)}+{login}@users.noreply.github.com"


def actions_app(at: Addresses) -> ForgeJson:
    return {
        "id": ACTIONS_ID,
        "client_id": "Iv1.05c79e9ad1f6bdfa",
        "slug": "github-actions",
        "node_id": node_id("Integration", ACTIONS_ID),
        "owner": person_json(at, "github", kind="Organization"),
        "name": "GitHub Actions",
        "description": "Automate your workflow from idea to production",
        "external_url": "https://help.github.com/en/actions",
        "html_url": f"{at.base}/apps/github-actions",
        "created_at": "2018-07-30T09:30:17Z",
        "updated_at": "2024-04-10T20:33:16Z",
        "permissions": {"checks": "write", "contents": "read", "metadata": "read", "statuses": "write"},
        "events": ["check_run", "check_suite"],
    }
