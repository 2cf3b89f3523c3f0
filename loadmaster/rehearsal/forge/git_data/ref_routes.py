"""The requests about refs: shown, made, moved and deleted, by GitHub's rules for them and the scenario's."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from starlette.responses import JSONResponse, Response

from loadmaster.rehearsal.forge.front.asked import ForgeAsked
from loadmaster.rehearsal.forge.front.front_door import ForgeEndpoint
from loadmaster.rehearsal.forge.front.refusals import ForgeProblem, not_found
from loadmaster.rehearsal.forge.front.rights import Needed
from loadmaster.rehearsal.forge.git_data import looking, updating
from loadmaster.rehearsal.forge.git_data.looking import NOTHING, RefSeen
from loadmaster.rehearsal.forge.git_data.ref_rules import Violation, api_text
from loadmaster.rehearsal.forge.git_data.shapes import ref_json, tag_object_json
from loadmaster.rehearsal.forge.git_data.updating import RefUpdate
from loadmaster.rehearsal.forge.memory.premises import Premises

READ, WRITE = Needed("contents", "read"), Needed("contents", "write")
_BAD_NAME = re.compile(r"[\x00-\x20~^:?*\[\\\x7f]|\.\.|@\{|//|\.lock(/|$)|/$|\.$|^\.|/\.")


class RefRoutes:
    def __init__(
        self,
        premises: Premises,
        judge: Callable[[RefUpdate], tuple[Violation, ...]],
        pushed: Callable[[Sequence[RefUpdate]], None],
    ) -> None:
        """`judge` says what rules an update violates; `pushed` is told of those that were made."""
        self._premises, self._judge, self._pushed = premises, judge, pushed

    def endpoints(self) -> Iterator[ForgeEndpoint]:
        api = f"/repos/{self._premises.repository}/git"
        yield ForgeEndpoint("GET", f"{api}/ref/{{ref:path}}", self._show, READ)
        yield ForgeEndpoint("GET", f"{api}/matching-refs/{{ref:path}}", self._list, READ)
        yield ForgeEndpoint("GET", f"{api}/refs", self._list, READ)
        yield ForgeEndpoint("GET", f"{api}/refs/{{ref:path}}", self._list, READ)
        yield ForgeEndpoint("POST", f"{api}/refs", self._create, WRITE, door="branch")
        yield ForgeEndpoint("PATCH", f"{api}/refs/{{ref:path}}", self._move, WRITE, door="branch")
        yield ForgeEndpoint("DELETE", f"{api}/refs/{{ref:path}}", self._delete, WRITE, door="branch")
        yield ForgeEndpoint("GET", f"{api}/tags/{{sha}}", self._show_tag_object, READ)

    def _show(self, asked: ForgeAsked) -> Response:
        found = looking.ref(self._premises.remote, f"refs/{asked.path['ref']}")
        if found is None:
            raise not_found()
        return JSONResponse(ref_json(asked.at, found))

    def _list(self, asked: ForgeAsked) -> Response:
        """Without pages, as GitHub does."""
        prefix = f"refs/{asked.path.get('ref', '')}"
        return JSONResponse([ref_json(asked.at, each) for each in looking.refs(self._premises.remote, prefix)])

    def _show_tag_object(self, asked: ForgeAsked) -> Response:
        found = looking.tag_object(self._premises.remote, asked.path["sha"])
        if found is None:
            raise not_found()
        return JSONResponse(tag_object_json(asked.at, found))

    def _create(self, asked: ForgeAsked) -> Response:
        body = asked.json()
        name, sha = asked.required_text(body, "ref"), asked.required_text(body, "sha")
        if not name.startswith("refs/") or name.count("/") < 2 or _BAD_NAME.search(name):
            raise ForgeProblem(422, "Reference name must start with 'refs/' and contain at least two slashes.")
        kind = self._require_object(name, sha)
        if looking.ref(self._premises.remote, name) is not None:
            raise ForgeProblem(422, "Reference already exists")
        self._carry_out(RefUpdate(ref=name, old=NOTHING, new=sha))
        made = ref_json(asked.at, RefSeen(name=name, object=sha, kind=kind))
        return JSONResponse(made, 201, headers={"Location": made["url"]})

    def _move(self, asked: ForgeAsked) -> Response:
        body: dict[str, Any] = asked.json()
        sha = asked.required_text(body, "sha")
        before = self._require_there(asked)
        kind = self._require_object(before.name, sha)
        rewinds = not looking.is_ancestor(self._premises.remote, before.object, sha)
        if rewinds and body.get("force") is not True:
            raise ForgeProblem(422, "Update is not a fast forward")
        self._carry_out(RefUpdate(ref=before.name, old=before.object, new=sha))
        return JSONResponse(ref_json(asked.at, RefSeen(name=before.name, object=sha, kind=kind)))

    def _delete(self, asked: ForgeAsked) -> Response:
        before = self._require_there(asked)
        self._carry_out(RefUpdate(ref=before.name, old=before.object, new=NOTHING))
        return Response(status_code=204)

    def _require_there(self, asked: ForgeAsked) -> RefSeen:
        found = looking.ref(self._premises.remote, f"refs/{asked.path['ref']}")
        if found is None:
            raise ForgeProblem(422, "Reference does not exist")
        return found

    def _require_object(self, name: str, sha: str) -> str:
        """Its kind. A branch is of commits only."""
        kind = looking.kind_of(self._premises.remote, sha)
        if kind is None or (name.startswith("refs/heads/") and kind != "commit"):
            raise ForgeProblem(422, "Object does not exist")
        return kind

    def _carry_out(self, update: RefUpdate) -> None:
        violations = self._judge(update)
        if violations:
            raise ForgeProblem(422, api_text(violations))
        remote = self._premises.remote
        if not (updating.delete(remote, update) if update.deletes else updating.move(remote, update)):
            raise ForgeProblem(422, "Reference update failed")
        self._pushed([update])
