"""The requests about releases.

GitHub's rules: a draft is visible only to those who may write, and is not found by its tag, only in the list; a tag has one
published release, and any number of drafts; publishing makes a tag that is missing; a release that is published becomes the
latest one, unless it says otherwise (`make_latest`) or is a pre-release; an immutable release keeps its tag for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from starlette.responses import JSONResponse, PlainTextResponse, Response

from loadmaster.rehearsal.forge.front.asked import ForgeAsked
from loadmaster.rehearsal.forge.front.front_door import ForgeEndpoint
from loadmaster.rehearsal.forge.front.listing import listed
from loadmaster.rehearsal.forge.front.refusals import ForgeJson, ForgeProblem, invalid, not_found, unsupplied
from loadmaster.rehearsal.forge.front.rights import Needed
from loadmaster.rehearsal.forge.git_data import looking, updating
from loadmaster.rehearsal.forge.git_data.looking import NOTHING
from loadmaster.rehearsal.forge.git_data.ref_rules import Violation, api_text
from loadmaster.rehearsal.forge.git_data.updating import RefUpdate
from loadmaster.rehearsal.forge.memory.premises import Premises, stamp
from loadmaster.rehearsal.forge.releases.shapes import release_json
from loadmaster.rehearsal.forge.releases.store import ReleaseStore, StoredRelease

READ, WRITE = Needed("contents", "read"), Needed("contents", "write")
_SETTABLE = ("tag_name", "target_commitish", "name", "body", "draft", "prerelease", "make_latest")
_TEXTS = ("tag_name", "target_commitish", "name", "body", "make_latest")
_LONGEST_BODY = 125_000


class ReleaseRoutes:
    def __init__(
        self,
        premises: Premises,
        store: ReleaseStore,
        judge: Callable[[RefUpdate], tuple[Violation, ...]],
        pushed: Callable[[Sequence[RefUpdate]], None],
    ) -> None:
        """`judge` says what rules speak against the tag that a release makes; `pushed` is told that it was made."""
        self._premises, self._remote, self._store = premises, premises.remote, store
        self._judge, self._pushed = judge, pushed

    def endpoints(self) -> Iterator[ForgeEndpoint]:
        api = f"/repos/{self._premises.repository}/releases"
        yield ForgeEndpoint("GET", api, self._list, READ)
        yield ForgeEndpoint("POST", api, self._create, WRITE, door="draft")
        yield ForgeEndpoint("GET", f"{api}/latest", self._show_latest, READ)
        yield ForgeEndpoint("GET", f"{api}/tags/{{tag:path}}", self._show_of_tag, READ)
        yield ForgeEndpoint("GET", f"{api}/{{release:int}}", self._show, READ)
        yield ForgeEndpoint("PATCH", f"{api}/{{release:int}}", self._change, WRITE, "release", _publishes)
        yield ForgeEndpoint("DELETE", f"{api}/{{release:int}}", self._delete, WRITE)
        page = f"/{self._premises.repository}/releases/tag/{{tag:path}}"
        yield ForgeEndpoint("GET", page, self._page, api=False)

    def visible(self, asked: ForgeAsked) -> list[StoredRelease]:
        """Drafts are shown to those only who may write."""
        return [each for each in self._store.releases() if asked.may_push or not each.draft]

    def asked_for(self, asked: ForgeAsked) -> StoredRelease:
        """Raises `ForgeProblem`."""
        identity = asked.path["release"]
        found = next((each for each in self.visible(asked) if each.id == identity), None)
        if found is None:
            raise not_found()
        return found

    def _answer(self, asked: ForgeAsked, release: StoredRelease, status: int = 200) -> JSONResponse:
        shown = release_json(asked.at, release, self._store.assets(release.id))
        return JSONResponse(shown, status, headers={"Location": shown["url"]} if status == 201 else {})

    def _list(self, asked: ForgeAsked) -> Response:
        assets = self._store.assets()
        return listed(asked, self.visible(asked), lambda each: release_json(asked.at, each, assets))

    def _show_of_tag(self, asked: ForgeAsked) -> Response:
        return self._answer(asked, self._require(self._store.published(asked.path["tag"])))

    def _show_latest(self, asked: ForgeAsked) -> Response:
        return self._answer(asked, self._require(self._store.latest()))

    def _show(self, asked: ForgeAsked) -> Response:
        return self._answer(asked, self.asked_for(asked))

    def _require(self, release: StoredRelease | None) -> StoredRelease:
        if release is None:
            raise not_found()
        return release

    def _create(self, asked: ForgeAsked) -> Response:
        values = _settings(asked)
        if not isinstance(values.get("tag_name"), str):
            raise unsupplied("tag_name")
        defaults: ForgeJson = {
            "name": None,
            "body": None,
            "prerelease": False,
            "immutable": False,
            "published_at": None,
            "target_commitish": looking.default_branch(self._remote),
        }
        publishes, latest = not values.pop("draft", False), values.pop("make_latest", "true")
        wanted = defaults | {name: value for name, value in values.items() if value is not None}
        self._require_possible(None, wanted, publishes=publishes)
        created = self._store.add_release(wanted | {"draft": True})
        return self._answer(asked, self._publish(created, latest) if publishes else created, 201)

    def _change(self, asked: ForgeAsked) -> Response:
        release, values = self.asked_for(asked), _settings(asked)
        publishes = values.pop("draft", True) is False and release.draft
        latest = values.pop("make_latest", "true")
        values = {name: value for name, value in values.items() if value is not None}
        self._require_possible(release, release.model_dump() | values, publishes=publishes)
        changed = self._store.change_release(release.id, values)
        return self._answer(asked, self._publish(changed, latest) if publishes else changed)

    def _delete(self, asked: ForgeAsked) -> Response:
        self._store.delete_release(self.asked_for(asked).id)
        return Response(status_code=204)

    def _require_possible(self, release: StoredRelease | None, wanted: ForgeJson, *, publishes: bool) -> None:
        """Raises `ForgeProblem` if `release` (None: a new one) may not become `wanted`."""
        tag = wanted["tag_name"]
        published = self._store.published(tag)
        if published and (release is None or published.id != release.id):
            raise invalid("Release", "tag_name", "already_exists")
        if len(wanted["body"] or "") > _LONGEST_BODY:
            raise invalid("Release", "body", "custom", f"body is too long (maximum is {_LONGEST_BODY} characters)")
        if release and release.immutable and tag != release.tag_name:
            raise invalid("Release", "tag_name", "custom", "tag_name cannot be changed on an immutable release")
        if published is None and self._store.is_used_up(tag):
            raise invalid("Release", "tag_name", "custom", "tag_name was used by an immutable release")
        if publishes:
            self._require_tag(tag, wanted["target_commitish"])

    def _require_tag(self, tag: str, target: str) -> None:
        """Makes it if it is missing, and the rules allow that. Raises `ForgeProblem`."""
        violations: tuple[Violation, ...] = ()
        if not looking.has_tag(self._remote, tag):
            violations = self._judge(RefUpdate(ref=f"refs/tags/{tag}", old=NOTHING, new=NOTHING.replace("0", "1")))
        if violations:
            text = f"pre_receive {api_text(violations)}"
            rejected = {"resource": "Release", "code": "custom", "field": "pre_receive", "message": text}
            untagged = {"resource": "Release", "code": "custom", "message": "Published releases must have a valid tag"}
            raise ForgeProblem(422, "Validation Failed", rejected, untagged)
        made = updating.ensure_tag(self._remote, tag, target)
        if made is False:
            raise invalid("Release", "tag_name", "custom", "Published releases must have a valid tag")
        if isinstance(made, RefUpdate):
            self._pushed([made])

    def _publish(self, release: StoredRelease, latest: str) -> StoredRelease:
        immutable = self._premises.scenario.immutable_releases
        values = {"draft": False, "immutable": immutable, "published_at": stamp(self._premises.now())}
        if immutable:
            self._store.use_up(release.tag_name)
        if latest in ("true", True) and not release.prerelease:
            self._store.make_latest(release.id)
        return self._store.change_release(release.id, values)

    def _page(self, asked: ForgeAsked) -> Response:
        """A text for a person who follows the link."""
        release = self._require(self._store.published(asked.path["tag"]))
        assets = (f"{each.digest}  {each.name}" for each in self._store.assets(release.id))
        return PlainTextResponse("\n".join([release.name or release.tag_name, "", release.body or "", "", *assets, ""]))


def _publishes(body: ForgeJson) -> bool:
    """Whether it is more than a change of texts."""
    return body.get("draft") is False


def _settings(asked: ForgeAsked) -> ForgeJson:
    """The fields that the body sets, without those that cannot be set. Raises `ForgeProblem`."""
    body = asked.json()
    if body.get("make_latest") in (True, False):  # GitHub takes a text; its clients send both
        body["make_latest"] = str(body["make_latest"]).lower()
    for name in _TEXTS:
        asked.text(body, name)
    for name in ("draft", "prerelease"):
        if not isinstance(body.get(name, False), bool):
            raise ForgeProblem(422, f"Invalid request.\n\nFor '{name}', {body[name]!r} is not a boolean.")
    return {key: body[key] for key in _SETTABLE if key in body}
