"""The shapes of GitHub's answers, as far as a release reads them, with addresses that lead back to this forge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse

from loadmaster.planning.values.value import Value
from loadmaster.rehearsal.forge.repository import RELEASE_WORKFLOW, CommitSeen, TagRef
from loadmaster.rehearsal.forge.store import Dispatch, StoredAsset, StoredRelease

ForgeJson = dict[str, Any]
_WORKFLOW_ID = 1
DISPATCHED = 1 << 40
"""The ids of dispatched runs begin above those of tags' runs, which have 32 bits."""


class Addresses(Value):
    """The addresses of this forge, from the request that is answered."""

    base: str
    repository: str

    @property
    def api(self) -> str:
        return f"{self.base}/repos/{self.repository}"

    @property
    def uploads(self) -> str:
        """Not below the API, because GitHub's uploads have a host of their own."""
        return f"{self.base}/uploads/repos/{self.repository}"

    @property
    def pages(self) -> str:
        return f"{self.base}/{self.repository}"


def addresses(request: Request, repository: str) -> Addresses:
    root = request.scope.get("root_path", "")
    return Addresses(base=str(request.url.replace(path=root, query="", fragment="")).rstrip("/"), repository=repository)


def problem(status: int, message: str, *errors: Mapping[str, str]) -> JSONResponse:
    body: ForgeJson = {"message": message, "documentation_url": "https://docs.github.com/rest", "status": str(status)}
    return JSONResponse(body | ({"errors": list(errors)} if errors else {}), status)


def invalid(resource: str, field: str, code: str, message: str | None = None) -> JSONResponse:
    error = {"resource": resource, "code": code, "field": field}
    return problem(422, "Validation Failed", error | ({"message": message} if message else {}))


def page(request: Request, rows: Sequence[ForgeJson], under: str | None = None) -> JSONResponse:
    """One page of `rows`, by `per_page` and `page`, with the next page's address in `Link`. `under`: their name, beside a count."""
    size = min(int(request.query_params.get("per_page", 30)), 100)
    number = int(request.query_params.get("page", 1))
    shown = list(rows[(number - 1) * size : number * size])
    following = request.url.include_query_params(page=number + 1)
    headers = {"Link": f'<{following}>; rel="next"'} if len(rows) > number * size else {}
    return JSONResponse({"total_count": len(rows), under: shown} if under else shown, headers=headers)


def repository_json(at: Addresses, default_branch: str, may_write: bool) -> ForgeJson:
    owner, _, name = at.repository.partition("/")
    return {
        "id": 1,
        "name": name,
        "full_name": at.repository,
        "owner": {"login": owner},
        "private": False,
        "url": at.api,
        "html_url": at.pages,
        "default_branch": default_branch,
    } | ({"permissions": {"admin": False, "push": True, "pull": True}} if may_write else {})


def release_json(at: Addresses, release: StoredRelease, assets: Sequence[StoredAsset]) -> ForgeJson:
    return {
        **release.model_dump(),
        "url": f"{at.api}/releases/{release.id}",
        "html_url": f"{at.pages}/releases/tag/{quote(release.tag_name)}",
        "assets_url": f"{at.api}/releases/{release.id}/assets",
        "upload_url": f"{at.uploads}/releases/{release.id}/assets{{?name,label}}",
        "author": {"login": "rehearsal"},
        "assets": [asset_json(at, release, each) for each in assets if each.release == release.id],
    }


def asset_json(at: Addresses, release: StoredRelease, asset: StoredAsset) -> ForgeJson:
    return {
        **asset.model_dump(exclude={"release"}),
        "url": f"{at.api}/releases/assets/{asset.id}",
        "browser_download_url": f"{at.pages}/releases/download/{quote(release.tag_name)}/{quote(asset.name)}",
        "state": "uploaded",
        "download_count": 0,
        "updated_at": asset.created_at,
        "uploader": {"login": "rehearsal"},
    }


def tag_json(at: Addresses, tag: TagRef) -> ForgeJson:
    kind = {"tag": "tags", "commit": "commits"}[tag.kind]
    return {
        "ref": f"refs/tags/{tag.name}",
        "url": f"{at.api}/git/refs/tags/{quote(tag.name)}",
        "object": {"sha": tag.object, "type": tag.kind, "url": f"{at.api}/git/{kind}/{tag.object}"},
    }


def commit_json(at: Addresses, commit: CommitSeen) -> ForgeJson:
    signature = {"name": commit.author, "email": commit.email, "date": commit.date}
    return {
        "sha": commit.sha,
        "url": f"{at.api}/commits/{commit.sha}",
        "html_url": f"{at.pages}/commit/{commit.sha}",
        "commit": {
            "message": commit.message,
            "tree": {"sha": commit.tree},
            "author": signature,
            "committer": signature,
        },
        "parents": [{"sha": each} for each in commit.parents],
    }


def workflow_json(at: Addresses, path: str = RELEASE_WORKFLOW) -> ForgeJson:
    return {
        "id": _WORKFLOW_ID,
        "name": "Release" if path == RELEASE_WORKFLOW else path,
        "path": path,
        "state": "active",
        "url": f"{at.api}/actions/workflows/{_WORKFLOW_ID}",
    }


def run_json(at: Addresses, tag: TagRef) -> ForgeJson:
    return {
        "id": tag.run,
        "name": "Release",
        "path": RELEASE_WORKFLOW,
        "workflow_id": _WORKFLOW_ID,
        "head_branch": tag.name,
        "head_sha": tag.commit,
        "event": "push",
        "status": "completed",
        "conclusion": "success",
        "run_number": 1,
        "run_attempt": 1,
        "created_at": tag.pushed_at,
        "updated_at": tag.pushed_at,
        "url": f"{at.api}/actions/runs/{tag.run}",
        "html_url": f"{at.pages}/actions/runs/{tag.run}",
        "jobs_url": f"{at.api}/actions/runs/{tag.run}/jobs",
    }


def dispatch_json(at: Addresses, dispatch: Dispatch, conclusion: str) -> ForgeJson:
    """The run of a dispatched workflow. It is over when it is asked for again."""
    is_over = dispatch.looks > 0
    number = DISPATCHED + dispatch.id
    return {
        "id": number,
        "name": dispatch.file,
        "display_title": dispatch.title,
        "path": f".github/workflows/{dispatch.file}",
        "workflow_id": _WORKFLOW_ID,
        "head_branch": dispatch.ref,
        "head_sha": dispatch.sha,
        "event": "workflow_dispatch",
        "status": "completed" if is_over else "in_progress",
        "conclusion": conclusion if is_over else None,
        "url": f"{at.api}/actions/runs/{number}",
        "html_url": f"{at.pages}/actions/runs/{number}",
        "jobs_url": f"{at.api}/actions/runs/{number}/jobs",
    }


def job_json(at: Addresses, tag: TagRef) -> ForgeJson:
    run = run_json(at, tag)
    return {
        "id": tag.run,
        "run_id": tag.run,
        "run_attempt": 1,
        "name": "release",
        **{key: run[key] for key in ("head_sha", "status", "conclusion")},
        "started_at": tag.pushed_at,
        "completed_at": tag.pushed_at,
        "html_url": f"{run['html_url']}/job/{tag.run}",
        "steps": [],
    }
