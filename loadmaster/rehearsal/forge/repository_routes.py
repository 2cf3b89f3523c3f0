"""The requests about the repository itself: its refs and its commits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from loadmaster.errors.git import UnknownCommit
from loadmaster.rehearsal.forge import answers, repository
from loadmaster.rehearsal.forge.answers import problem


class RepositoryRoutes:
    def __init__(self, remote: Path, name: str) -> None:
        self._remote, self._name = remote, name

    def routes(self) -> Iterator[Route]:
        api = f"/repos/{self._name}"
        yield Route(api, self._show_repository)
        yield Route(f"{api}/git/ref/tags/{{tag:path}}", self._show_tag)
        yield Route(f"{api}/git/matching-refs/tags/{{prefix:path}}", self._list_tags)
        yield Route(f"{api}/commits/{{revision:path}}", self._show_commit)

    def _at(self, request: Request) -> answers.Addresses:
        return answers.addresses(request, self._name)

    def _show_repository(self, request: Request) -> Response:
        branch = repository.default_branch(self._remote)
        return JSONResponse(answers.repository_json(self._at(request), branch, request.state.may_write))

    def _show_tag(self, request: Request) -> Response:
        found = [each for each in repository.tags(self._remote) if each.name == request.path_params["tag"]]
        return JSONResponse(answers.tag_json(self._at(request), found[0])) if found else problem(404, "Not Found")

    def _list_tags(self, request: Request) -> Response:
        prefix, at = request.path_params["prefix"], self._at(request)
        tags = repository.tags(self._remote)
        return JSONResponse([answers.tag_json(at, each) for each in tags if each.name.startswith(prefix)])

    def _show_commit(self, request: Request) -> Response:
        revision = request.path_params["revision"]
        try:
            return JSONResponse(answers.commit_json(self._at(request), repository.commit(self._remote, revision)))
        except UnknownCommit:
            return problem(422, f"No commit found for SHA: {revision}")
