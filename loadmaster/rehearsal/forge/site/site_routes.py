"""The pages of a repository: branches, tags, pull requests, runs with their jobs and logs, releases; and the forms on them.

A form holds a token that only these pages give, and that is bound to what the form does: a page of another site cannot know it, and
reads no answer of this one. So nobody posts here who has not seen the page. They are for this machine's own names only: a foreign
name that leads to loopback would make a foreign page one of this site.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from starlette.responses import HTMLResponse, RedirectResponse, Response

from loadmaster.rehearsal.forge.actions.job_logs import JobLogs
from loadmaster.rehearsal.forge.actions.playing import Player
from loadmaster.rehearsal.forge.actions.records import ActionsMemory, JobRecord, RunRecord
from loadmaster.rehearsal.forge.front.asked import ForgeAsked
from loadmaster.rehearsal.forge.front.front_door import Answering, ForgeEndpoint
from loadmaster.rehearsal.forge.front.refusals import ForgeProblem, not_found
from loadmaster.rehearsal.forge.git_data import looking
from loadmaster.rehearsal.forge.memory.premises import Premises, stamp
from loadmaster.rehearsal.forge.pulls.judging import PullJudge
from loadmaster.rehearsal.forge.pulls.pulls import Pulls
from loadmaster.rehearsal.forge.pulls.records import PullMemory, PullRecord
from loadmaster.rehearsal.forge.releases.store import ReleaseStore, StoredRelease
from loadmaster.rehearsal.forge.site.html import Html, button, code, link, page, section, table, text

VISITOR = "visitor"
"""The login of whoever decides on a page."""
_SAFE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
}


class SiteRoutes:
    def __init__(
        self,
        premises: Premises,
        actions: tuple[ActionsMemory, Player, JobLogs],
        pulls: tuple[PullMemory, Pulls, PullJudge],
        releases: ReleaseStore,
    ) -> None:
        self._premises, self._store = premises, releases
        self._actions, self._player, self._logs = actions
        self._pull_memory, self._pulls, self._judge = pulls
        if premises.file.fact("page-key") is None:
            premises.file.note("page-key", secrets.token_hex(32))

    def endpoints(self) -> Iterator[ForgeEndpoint]:
        here = f"/{self._premises.repository}"
        yield ForgeEndpoint("GET", here, _for_this_machine(self._show), api=False)
        yield ForgeEndpoint("GET", f"{here}/actions/runs/{{run:int}}", _for_this_machine(self._show_run), api=False)
        yield ForgeEndpoint(
            "GET", f"{here}/actions/runs/{{run:int}}/job/{{job:int}}", _for_this_machine(self._show_job), api=False
        )
        yield ForgeEndpoint("GET", f"{here}/pull/{{number:int}}", _for_this_machine(self._show_pull), api=False)
        yield ForgeEndpoint(
            "POST", f"{here}/actions/runs/{{run:int}}/environments", _for_this_machine(self._decide), api=False
        )
        yield ForgeEndpoint("POST", f"{here}/pull/{{number:int}}", _for_this_machine(self._act_on_pull), api=False)

    def _show(self, asked: ForgeAsked) -> Response:
        at = asked.at.pages
        refs = looking.refs(self._premises.remote)
        branches = [each for each in refs if each.name.startswith("refs/heads/")]
        tags = [each for each in refs if each.name.startswith("refs/tags/")]
        return _answer(
            f"{self._premises.repository} in a rehearsal",
            section("Branches", table(("name", "commit"), [(e.name[11:], code(e.object[:12])) for e in branches])),
            section("Tags", table(("name", "object"), [(e.name[10:], code(e.object[:12])) for e in tags])),
            section(
                "Pull requests",
                table(
                    ("number", "title", "state", "branch"),
                    [(link(f"{at}/pull/{e.id}", f"#{e.id}"), e.title, _state(e), e.head) for e in self._all_pulls()],
                ),
            ),
            section(
                "Runs",
                table(
                    ("run", "workflow", "of", "state", "begun"),
                    [
                        (
                            link(f"{at}/actions/runs/{e.id}", e.title),
                            e.name,
                            e.head_branch,
                            _run_state(e),
                            stamp(e.started),
                        )
                        for e in self._runs()
                    ],
                ),
            ),
            section(
                "Releases", *([self._release(asked, e) for e in self._store.releases()] or [Html("<p>none</p>\n")])
            ),
        )

    def _all_pulls(self) -> tuple[PullRecord, ...]:
        return self._pull_memory.pulls.all()

    def _runs(self) -> list[RunRecord]:
        return [each for each in self._actions.runs.all() if each.appears <= self._premises.now()]

    def _release(self, asked: ForgeAsked, release: StoredRelease) -> Html:
        marks = [word for word, holds in (("draft", release.draft), ("immutable", release.immutable)) if holds]
        rows = []
        for each in self._store.assets(release.id):
            address = f"{asked.at.pages}/releases/download/{release.tag_name}/{each.name}"
            shown = each.name if release.draft else link(address, each.name)
            rows.append((shown, each.size, each.state, code(each.digest or "")))
        title = Html(f"<h3>{text(release.tag_name)} {text(' '.join(marks))}</h3>\n")
        return Html(title + table(("asset", "bytes", "state", "digest"), rows))

    def _require_run(self, asked: ForgeAsked) -> RunRecord:
        found = next((each for each in self._runs() if each.id == asked.path["run"]), None)
        if found is None:
            raise not_found()
        return found

    def _show_run(self, asked: ForgeAsked) -> Response:
        run = self._require_run(asked)
        here = f"{asked.at.pages}/actions/runs/{run.id}"
        jobs = self._actions.jobs_of(run)
        rows = [
            (link(f"{here}/job/{e.id}", e.name), e.status, e.conclusion, self._decision(here, run, e)) for e in jobs
        ]
        facts = f"{run.name}, {run.event} of {run.head_branch} at {run.head_sha[:12]}, attempt {run.attempt}: {_run_state(run)}"
        return _answer(
            run.title,
            Html(f"<p>{text(facts)}</p>\n"),
            section("Jobs", table(("job", "status", "conclusion", ""), rows)),
            Html(f"<p>{link(asked.at.pages, 'The repository')}</p>\n"),
        )

    def _decision(self, here: str, run: RunRecord, job: JobRecord) -> Html:
        """The buttons of a job that waits for a reviewer."""
        if job.status != "waiting" or job.environment is None:
            return Html("")
        action = f"run {run.id} {job.environment}"
        hidden = {"environment": job.environment, "token": self._token(action)}
        address = f"{urlsplit(here).path}/environments"
        parts = (button(address, word, hidden | {"state": state}) for word, state in _DECISIONS)
        return Html(f"waits for <b>{text(job.environment)}</b> " + "".join(parts))

    def _show_job(self, asked: ForgeAsked) -> Response:
        run, job = self._require_run(asked), self._actions.jobs.get(asked.path["job"])
        if job is None or job.run != run.id:
            raise not_found()
        here = f"{asked.at.pages}/actions/runs/{run.id}"
        steps = [(each.number, each.name, each.conclusion if job.is_over else "") for each in job.steps]
        log = "The log is gone." if job.logs_gone else self._logs.read(job.id).lstrip("\ufeff")
        return _answer(
            f"{job.name}: {job.conclusion or job.status}",
            section("Steps", table(("", "step", "conclusion"), steps)),
            section("Log", Html(f"<pre>{text(log)}</pre>\n")),
            Html(f"<p>{link(here, 'The run')}</p>\n"),
        )

    def _require_pull(self, asked: ForgeAsked) -> PullRecord:
        found = self._pull_memory.pulls.get(asked.path["number"])
        if found is None:
            raise not_found()
        return found

    def _show_pull(self, asked: ForgeAsked) -> Response:
        pull = self._require_pull(asked)
        forms = Html("")
        if pull.state == "open":
            seen = self._judge.judge(pull)
            address = f"{urlsplit(asked.at.pages).path}/pull/{pull.id}"
            hidden = {"token": self._token(f"pull {pull.id}")}
            words = [(f"Merge ({method})", method) for method in self._premises.scenario.merge_methods]
            buttons = (button(address, word, hidden | {"do": do}) for word, do in (*words, ("Close", "close")))
            forms = Html(f"<p>{text(seen.state)}: {text(seen.refusal or 'it can be merged')}</p>\n" + "".join(buttons))
        commits = looking.between(self._premises.remote, pull.base_sha, pull.head_sha)
        return _answer(
            f"#{pull.id} {pull.title}",
            Html(f"<p>{text(_state(pull))}: {code(pull.head)} into {code(pull.base)}</p>\n"),
            forms,
            section(
                "Commits", table(("commit", "title", "by"), [(code(e.sha[:12]), e.title, e.author) for e in commits])
            ),
            section("Text", Html(f"<pre>{text(pull.body)}</pre>\n")),
            Html(f"<p>{link(asked.at.pages, 'The repository')}</p>\n"),
        )

    def _decide(self, asked: ForgeAsked) -> Response:
        run, form = self._require_run(asked), _form(asked)
        name = form.get("environment", "")
        self._require_token(form, f"run {run.id} {name}")
        if form.get("state") not in ("approved", "rejected"):
            raise ForgeProblem(422, "Say `approved` or `rejected`.")
        self._player.decide(run, (name,), form["state"], "", VISITOR)
        return RedirectResponse(f"{asked.at.pages}/actions/runs/{run.id}", 303)

    def _act_on_pull(self, asked: ForgeAsked) -> Response:
        pull, form = self._require_pull(asked), _form(asked)
        self._require_token(form, f"pull {pull.id}")
        do: Any = form.get("do")
        if pull.state != "open" or do not in (*self._premises.scenario.merge_methods, "close"):
            raise ForgeProblem(422, "It is not open, or there is no such button.")
        if do == "close":
            self._pulls.close(pull)
        else:
            self._pulls.merge(pull, do, by=VISITOR)
        return RedirectResponse(f"{asked.at.pages}/pull/{pull.id}", 303)

    def _token(self, action: str) -> str:
        key = (self._premises.file.fact("page-key") or "").encode()
        return hmac.new(key, action.encode(), hashlib.sha256).hexdigest()

    def _require_token(self, form: dict[str, str], action: str) -> None:
        if not hmac.compare_digest(form.get("token", "").encode(), self._token(action).encode()):
            raise ForgeProblem(403, "This form is not of this page. Load the page again.")


_DECISIONS = (("Approve", "approved"), ("Reject", "rejected"))


def _for_this_machine(answer: Answering) -> Answering:
    def guarded(asked: ForgeAsked) -> Response:
        if asked.request.url.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise ForgeProblem(421, "These pages are for this machine only.")
        return answer(asked)

    return guarded


def _form(asked: ForgeAsked) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(asked.body.decode(errors="replace")).items()}


def _state(pull: PullRecord) -> str:
    return "merged" if pull.merged is not None else pull.state


def _run_state(run: RunRecord) -> str:
    return run.conclusion or run.status


def _answer(title: str, *parts: Html) -> Response:
    return HTMLResponse(page(title, *parts), headers=_SAFE)
