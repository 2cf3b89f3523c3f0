"""Every act in a served world: what it brings about, that doing it twice does it once, and what stops it."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from loadmaster.clients import git
from loadmaster.clients.forge import releases as forge
from loadmaster.clients.forge.http import http_client
from loadmaster.clients.serving import serving
from loadmaster.credentials.sources import forge_token
from loadmaster.errors.cargo import KeptCrateBroken
from loadmaster.errors.forge.answers import AssetDifferent, ForgeLacksTag
from loadmaster.errors.git import NotObserved, TagTaken
from loadmaster.errors.registry import AlreadyUploaded, CrateTaken, RateLimited, RegistryUnreachable, UploadRefused
from loadmaster.planning.forge.releases import ForgeRelease
from loadmaster.planning.plan import CHECKSUMS, RECEIPT, Crate
from loadmaster.planning.registry.seen import ForgeSeen
from loadmaster.planning.values.receipt import ObjectRecord, Receipt, ReceiptOutcome
from loadmaster.planning.values.state import ObjectState
from loadmaster.rehearsal.faults import Fault
from loadmaster.run.job import Job
from loadmaster.run.journal import Journal
from loadmaster.steps import prepare, publish
from loadmaster.steps.forge import announce
from loadmaster.steps.look import check_out
from tests.kit.packing import crate_file
from tests.kit.step_world import Opening, Prepared, put, uploads

pytestmark = pytest.mark.cargo

UNITS, CLI = "hangar-units", "hangar-cli"


def push(job: Job, prepared: Prepared) -> None:
    publish.push_commit(job, prepared.plan, prepared.commit)
    publish.push_tag(job, prepared.plan.tags[0], prepared.commit)


def refs(job: Job) -> dict[str, str]:
    return dict(git.observe_refs(job.world.remote))


def twice(step: Callable[[], ObjectRecord]) -> tuple[ObjectRecord, ObjectRecord]:
    return step(), step()


class TestPushing:
    def test_the_commit_is_pushed_once(self, job: Job, prepared: Prepared) -> None:
        first, second = twice(lambda: publish.push_commit(job, prepared.plan, prepared.commit))
        assert refs(job)["refs/heads/main"] == prepared.commit
        assert (first.state, first.attempts, second.state, second.attempts) == ("same", 1, "same", 0)
        assert second.why == "was there already"

    def test_the_annotated_tag_is_pushed_once(self, job: Job, prepared: Prepared) -> None:
        publish.push_commit(job, prepared.plan, prepared.commit)
        first, second = twice(lambda: publish.push_tag(job, prepared.plan.tags[0], prepared.commit))
        assert refs(job)["refs/tags/v0.5.0^{}"] == prepared.commit
        assert (first.state, first.attempts, second.state, second.attempts) == ("same", 1, "same", 0)

    def test_another_attempt_makes_the_same_commit_again(self, opening: Opening, prepared: Prepared) -> None:
        with opening() as job:
            push(job, prepared)
            before = refs(job)
        with opening() as job:
            check_out(job)
            assert prepare.commit(job, prepared.plan) == prepared.commit
            push(job, prepared)
            assert refs(job) == before

    def test_a_tag_on_another_commit_is_not_moved(self, job: Job, prepared: Prepared) -> None:
        git.push(job.directory.checkout, job.world.remote, [f"{prepared.plan.base_commit}:refs/tags/v0.5.0"])
        with pytest.raises(TagTaken) as caught:
            publish.push_tag(job, prepared.plan.tags[0], prepared.commit)
        assert prepared.plan.base_commit in caught.value.what
        assert refs(job)["refs/tags/v0.5.0"] == prepared.plan.base_commit


class TestWhatIsUndone:
    """A hook of the remote, or a forge, that accepts and does otherwise."""

    def _after_each_push(self, job: Job, command: str) -> None:
        hook = Path(job.world.remote) / "hooks" / "post-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\nexec git {command}\n")
        hook.chmod(0o755)

    def test_a_commit_that_is_gone_again_is_not_reported_as_pushed(self, job: Job, prepared: Prepared) -> None:
        self._after_each_push(job, f"update-ref refs/heads/main {prepared.plan.base_commit}")
        with pytest.raises(NotObserved, match=f"`{prepared.commit}`"):
            publish.push_commit(job, prepared.plan, prepared.commit)

    def test_a_tag_that_is_gone_again_is_not_reported_as_pushed(self, job: Job, prepared: Prepared) -> None:
        publish.push_commit(job, prepared.plan, prepared.commit)
        self._after_each_push(job, "update-ref -d refs/tags/v0.5.0")
        with pytest.raises(NotObserved, match=r"`v0\.5\.0`"):
            publish.push_tag(job, prepared.plan.tags[0], prepared.commit)

    @pytest.fixture
    def release(self, job: Job, prepared: Prepared) -> ForgeRelease:
        push(job, prepared)
        return announce.draft_release(job, prepared.plan.tags[0], prepared.commit)

    @pytest.fixture
    def lied_to(self, job: Job, release: ForgeRelease) -> Iterator[Job]:
        """A job whose forge says that it did, and did not."""

        async def publish(request: Request) -> Response:
            return JSONResponse(told | {"draft": False})

        async def releases(request: Request) -> Response:
            return JSONResponse([told])

        told = release.model_dump(by_alias=True, mode="json") | {"tag_name": release.tag, "html_url": release.url}
        routes = [
            Route("/repos/{owner}/{name}/releases/{id}", publish, methods=["PATCH"]),
            Route("/repos/{owner}/{name}/releases", releases),
        ]
        with serving(Starlette(routes=routes)) as address:
            yield replace(job, world=job.world.model_copy(update={"forge": address}))

    def test_a_release_that_stays_a_draft_is_not_reported_as_public(
        self, lied_to: Job, prepared: Prepared, release: ForgeRelease
    ) -> None:
        with pytest.raises(NotObserved, match=r"`v0\.5\.0`"):
            announce.publish_release(lied_to, prepared.plan.tags[0], release, {})

    def test_an_asset_that_arrives_as_other_bytes_is_not_reported_as_ours(
        self, job: Job, release: ForgeRelease
    ) -> None:
        def upload(request: Request) -> Response:
            """Cuts what it was sent short, and answers with the digest of the whole."""
            with http_client(str(job.world.forge), job.world.repository, forge_token(job.world).reveal()) as client:
                asset = forge.upload_asset(client, release, "SHA256SUMS", b"su").model_dump(mode="json")
            return JSONResponse(asset | {"digest": f"sha256:{sha256(b'sums').hexdigest()}"}, 201)

        def pass_on(request: Request) -> Response:
            asked = {name: request.headers[name] for name in ("Authorization", "Accept")}
            address = f"{job.world.forge}/{request.path_params['path']}?{request.query_params}"
            answer = httpx.get(address, headers=asked, follow_redirects=True)
            own = str(request.base_url).rstrip("/").encode()
            content = answer.content.replace(str(job.world.forge).encode(), own)
            return Response(content, answer.status_code, media_type=answer.headers.get("Content-Type"))

        routes = [Route("/upload", upload, methods=["POST"]), Route("/{path:path}", pass_on)]
        with serving(Starlette(routes=routes)) as address:
            led = replace(job, world=job.world.model_copy(update={"forge": address}))
            altered = release.model_copy(update={"upload_url": f"{address}/upload{{?name}}"})
            with pytest.raises(AssetDifferent, match=f"`SHA256SUMS`.*`{sha256(b'su').hexdigest()}`"):
                announce.upload_asset(led, altered, "SHA256SUMS", b"sums", "SHA256SUMS")


class TestPublishing:
    @pytest.fixture
    def units(self, prepared: Prepared) -> Crate:
        return prepared.plan.crate(UNITS)

    def test_a_crate_is_uploaded_once_with_the_bytes_that_were_verified(
        self, job: Job, prepared: Prepared, units: Crate
    ) -> None:
        first, second = twice(lambda: publish.publish_crate(job, units, prepared.digests[UNITS]))
        assert (first.state, first.attempts, second.state, second.attempts) == ("same", 1, "same", 0)
        assert first.sha256 == second.sha256 == prepared.digests[UNITS]
        assert uploads(job) == [(UNITS, 200)]
        (out,) = job.registry.versions(UNITS)
        assert out.checksum == prepared.digests[UNITS]

    def test_other_bytes_under_its_version_stop_the_release_and_the_files_are_named(
        self, job: Job, prepared: Prepared, units: Crate
    ) -> None:
        put(job, units, crate_file(units.name, units.version))
        with pytest.raises(CrateTaken, match=r"`hangar-units@0\.5\.0`.*`src/lib\.rs`"):
            publish.publish_crate(job, units, prepared.digests[UNITS])
        assert uploads(job) == [(UNITS, 200)]

    def test_the_same_tar_under_another_gzip_is_equivalent(self, job: Job, prepared: Prepared, units: Crate) -> None:
        ours = job.store.crate(units.id, prepared.digests[UNITS])
        put(job, units, gzip.compress(gzip.decompress(ours), 1, mtime=0))
        record = publish.publish_crate(job, units, prepared.digests[UNITS])
        assert record.state is ObjectState.EQUIVALENT
        assert "only its gzip differs" in str(record.why)
        assert record.sha256 != prepared.digests[UNITS]
        assert prepare.compare_with_registry(
            job,
            prepared.plan,
            prepared.seen.registry.model_copy(update={"crates": {UNITS: job.registry.versions(UNITS)}}),
            prepared.digests,
        ) == {UNITS: ObjectState.EQUIVALENT}

    def test_a_kept_crate_that_was_tampered_with_is_not_uploaded(
        self, job: Job, prepared: Prepared, units: Crate
    ) -> None:
        kept = job.store.part("crates") / f"{prepared.digests[UNITS]}.crate"
        kept.write_bytes(kept.read_bytes()[:-1])
        with pytest.raises(KeptCrateBroken):
            publish.publish_crate(job, units, prepared.digests[UNITS])
        assert uploads(job) == []

    def test_a_crate_before_its_dependency_is_refused_in_the_registry_s_words(
        self, job: Job, prepared: Prepared
    ) -> None:
        with pytest.raises(UploadRefused, match="no known crate named `hangar-units`"):
            publish.publish_crate(job, prepared.plan.crate(CLI), prepared.digests[CLI])

    def test_an_upload_whose_answer_was_lost_is_recognised(
        self, opening: Opening, prepared: Prepared, units: Crate
    ) -> None:
        with opening(Fault(on="publish", lose_answer=True)) as job:
            with pytest.raises(RegistryUnreachable):
                publish.publish_crate(job, units, prepared.digests[UNITS])
            record = publish.publish_crate(job, units, prepared.digests[UNITS])
            assert (record.state, record.code, record.why) == (
                "same",
                "equal-bytes",
                "was there already: the bytes are equal",
            )
            assert uploads(job) == [(UNITS, 200)]

    def test_an_index_that_lags_behind_a_lost_answer_costs_another_look_and_no_second_crate(
        self, opening: Opening, prepared: Prepared, units: Crate
    ) -> None:
        lagging = Fault(on="index", crate=UNITS, status=404, times=2)
        with opening(Fault(on="publish", lose_answer=True), lagging) as job:
            with pytest.raises(RegistryUnreachable):
                publish.publish_crate(job, units, prepared.digests[UNITS])
            with pytest.raises(AlreadyUploaded):
                publish.publish_crate(job, units, prepared.digests[UNITS])
            assert publish.publish_crate(job, units, prepared.digests[UNITS]).state is ObjectState.SAME
            assert uploads(job) == [(UNITS, 200), (UNITS, 400)]

    def test_a_registry_that_cannot_be_asked_is_not_uploaded_to(
        self, opening: Opening, prepared: Prepared, units: Crate
    ) -> None:
        with opening(Fault(on="index", crate=UNITS, status=403)) as job:
            with pytest.raises(RegistryUnreachable):
                publish.publish_crate(job, units, prepared.digests[UNITS])
            assert uploads(job) == []

    def test_a_limit_comes_with_its_instant(self, opening: Opening, prepared: Prepared, units: Crate) -> None:
        before = datetime.now(UTC)
        limit = Fault(on="publish", status=429, detail="slowly", retry_after_seconds=60)
        with opening(limit) as job, pytest.raises(RateLimited, match="slowly") as caught:
            publish.publish_crate(job, units, prepared.digests[UNITS])
        assert 55 < (caught.value.until - before).total_seconds() < 120


def forge_of(job: Job) -> ForgeSeen:
    seen = announce.look_at_forge(job)
    assert seen is not None
    return seen


class TestAnnouncing:
    @pytest.fixture
    def tagged(self, job: Job, prepared: Prepared) -> Job:
        push(job, prepared)
        return job

    @pytest.fixture
    def draft(self, tagged: Job, prepared: Prepared) -> ForgeRelease:
        return announce.draft_release(tagged, prepared.plan.tags[0], prepared.commit)

    def test_one_draft_however_often_it_is_asked_for(
        self, tagged: Job, prepared: Prepared, draft: ForgeRelease
    ) -> None:
        assert announce.draft_release(tagged, prepared.plan.tags[0], prepared.commit).id == draft.id
        seen = forge_of(tagged)
        assert (seen.drafts, seen.published) == (("v0.5.0",), ())

    def test_without_the_tag_there_is_no_draft(self, job: Job, prepared: Prepared) -> None:
        with pytest.raises(ForgeLacksTag):
            announce.draft_release(job, prepared.plan.tags[0], prepared.commit)
        assert forge_of(job).drafts == ()

    def test_an_asset_is_uploaded_once(self, tagged: Job, draft: ForgeRelease) -> None:
        first, second = twice(lambda: announce.upload_asset(tagged, draft, "SHA256SUMS", b"sums", "SHA256SUMS"))
        assert (first.state, first.attempts, second.state, second.attempts) == ("same", 1, "same", 0)
        assert first.sha256 == second.sha256

    def test_an_asset_that_is_not_ours_is_not_overwritten(self, tagged: Job, draft: ForgeRelease) -> None:
        announce.upload_asset(tagged, draft, "SHA256SUMS", b"planted", "SHA256SUMS")
        with pytest.raises(AssetDifferent, match="`SHA256SUMS`"):
            announce.upload_asset(tagged, draft, "SHA256SUMS", b"sums", "SHA256SUMS")
        assert announce.upload_asset(tagged, draft, "SHA256SUMS", b"planted", "SHA256SUMS").attempts == 0

    def test_an_earlier_attempt_s_receipt_of_this_release_is_taken_as_it_is(
        self, tagged: Job, prepared: Prepared, draft: ForgeRelease
    ) -> None:
        earlier, later = (self._receipt(tagged, prepared) for _ in range(2))
        assert earlier.started != later.started
        announce.upload_asset(tagged, draft, RECEIPT, earlier.to_json().encode(), RECEIPT)
        record = announce.upload_asset(tagged, draft, RECEIPT, later.to_json().encode(), RECEIPT)
        assert (record.state, record.attempts) == ("equivalent", 0)

    def test_the_receipt_of_another_release_is_not(self, tagged: Job, prepared: Prepared, draft: ForgeRelease) -> None:
        ours = self._receipt(tagged, prepared)
        announce.upload_asset(tagged, draft, RECEIPT, ours.model_copy(update={"plan": "0"}).to_json().encode(), RECEIPT)
        with pytest.raises(AssetDifferent, match=f"`{RECEIPT}`"):
            announce.upload_asset(tagged, draft, RECEIPT, ours.to_json().encode(), RECEIPT)

    def test_the_release_is_published_once(self, tagged: Job, prepared: Prepared, draft: ForgeRelease) -> None:
        first = announce.publish_release(tagged, prepared.plan.tags[0], draft, {})
        again = announce.draft_release(tagged, prepared.plan.tags[0], prepared.commit)
        second = announce.publish_release(tagged, prepared.plan.tags[0], again, {})
        assert (first.state, first.attempts, second.state, second.attempts) == ("same", 1, "same", 0)
        assert forge_of(tagged).published == ("v0.5.0",)

    def test_a_draft_becomes_public_only_with_all_its_assets(
        self, tagged: Job, prepared: Prepared, draft: ForgeRelease
    ) -> None:
        tag, sums = prepared.plan.tags[0], b"ours"
        digest = sha256(sums).hexdigest()
        with pytest.raises(NotObserved, match=f"`{CHECKSUMS}`"):
            announce.publish_release(tagged, tag, draft, {CHECKSUMS: digest})
        announce.upload_asset(tagged, draft, CHECKSUMS, sums, CHECKSUMS)
        with pytest.raises(AssetDifferent, match=f"with SHA-256 `{digest}`; ours has `{'0' * 64}`"):
            announce.publish_release(tagged, tag, draft, {CHECKSUMS: "0" * 64})
        assert forge_of(tagged).published == ()
        announce.publish_release(tagged, tag, draft, {CHECKSUMS: digest})
        assert forge_of(tagged).published == ("v0.5.0",)

    def _receipt(self, job: Job, prepared: Prepared) -> Receipt:
        journal = Journal(job)
        journal.note_plan(prepared.plan, prepared.seen.toolchain)
        journal.note_commit(prepared.commit)
        return journal.receipt(ReceiptOutcome.RELEASED)
