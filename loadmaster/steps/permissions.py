"""Asks the registry politely about permissions, and checks the packaged crates by crates.io's rules. Changes nothing.

The one exception is the probe, which the profile has to ask for: an upload that ends after its metadata. It counts against a
rate limit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

from loadmaster.clients.registry import questions as registry_questions
from loadmaster.clients.registry.registry import POLITE_READERS
from loadmaster.credentials.tokens import tokens_of
from loadmaster.errors.base import LoadmasterError, clause
from loadmaster.errors.credentials import (
    ExchangeRefused,
    IdentityMissing,
    IdentityRefused,
    IdentityUnavailable,
    SecretBlockMissing,
    SecretBlockUnread,
    TokenMissing,
    TokenUnusable,
)
from loadmaster.errors.registry import RegistryUnreachable
from loadmaster.planning.crates_io.packaged import PackagedCrate, judge
from loadmaster.planning.permissions.crate_gates import crate_rules
from loadmaster.planning.permissions.facts import Facts
from loadmaster.planning.permissions.findings import Finding
from loadmaster.planning.permissions.questions import Inquiry, inquiries, pause_between_requests
from loadmaster.planning.permissions.seen import CrateAnswers, Exchange, NameSeen, PermissionsSeen, TokenSeen
from loadmaster.planning.plan import ReleasePlan
from loadmaster.planning.profile.registry_style import Credential
from loadmaster.planning.registry.index_line import IndexLine
from loadmaster.planning.registry.metadata import upload_metadata
from loadmaster.planning.registry.seen import RegistrySeen, Seen
from loadmaster.planning.registry.sparse_index import crates_io_index
from loadmaster.planning.tree.workspace import Workspace
from loadmaster.planning.values.gate import Outcome
from loadmaster.planning.values.permission_gate import PermissionGate
from loadmaster.planning.values.rates import Action
from loadmaster.run.clock import Clock
from loadmaster.run.job import Job
from loadmaster.steps import prepare

T = TypeVar("T")


class Turnstile:
    """Lets one request through at a time, with a pause in seconds after the one before."""

    def __init__(self, pause: float, clock: Clock, sleep: Callable[[float], None] = time.sleep) -> None:
        self._pause, self._clock, self._sleep = timedelta(seconds=pause), clock, sleep
        self._next = clock.now()

    def __call__(self, ask: Callable[[], T]) -> T:
        if (wait := self._clock.seconds_until(self._next)) > 0:
            self._sleep(wait)
        self._next = self._clock.now() + self._pause
        return ask()


def look_at_permissions(
    job: Job,
    plan: ReleasePlan,
    workspace: Workspace,
    registry: RegistrySeen,
    *,
    publishes: bool = True,
) -> Facts:
    """What the registry says of every crate that is still to be published.

    `publishes`: a release follows, so that the credentials must be there. Raises `RegistryUnreachable` for `config.json`.
    """
    api = job.registry.api
    asked = inquiries(plan, job.project, registry)
    questions = _Questions(job, api)
    needs = _needs(plan, workspace)
    outside = sorted({name for names in needs.values() for name in names})
    return Facts(
        plan=plan,
        project=job.project,
        registry=registry,
        asked=asked,
        needs=needs,
        publishes=publishes,
        is_crates_io=_has_crates_ios_rules(job),
        seen=PermissionsSeen(
            api=api,
            site=questions.site(),
            tokens=questions.tokens(asked),
            crates=questions.crates(asked),
            names=look_at_names(job, outside) if _has_crates_ios_rules(job) else {},
        ),
    )


def _has_crates_ios_rules(job: Job) -> bool:
    return job.world.replaces_crates_io or job.world.index.rstrip("/") == crates_io_index().rstrip("/")


def _needs(plan: ReleasePlan, workspace: Workspace) -> Mapping[str, tuple[str, ...]]:
    """By crate, the dependencies in its packaged manifest that are not crates of the release."""
    ours = {crate.name for crate in plan.crates}
    return {
        package.name: tuple(sorted({needed.name for needed in package.dependencies if needed.has_version} - ours))
        for package in workspace.packages
        if package.name in ours
    }


def look_at_names(job: Job, names: Sequence[str]) -> dict[str, NameSeen]:
    """How the index spells each name. A name that cannot be read is noted, and the others are read all the same."""
    return {name: _name_seen(lines) for name, lines in job.registry.find_lines_of(names).items()}


def _name_seen(lines: Sequence[IndexLine] | RegistryUnreachable) -> NameSeen:
    if isinstance(lines, RegistryUnreachable):
        return NameSeen(spelled=None, unread=clause(lines.what))
    return NameSeen(spelled=lines[0].name if lines else None)


class _Questions:
    """The requests of one preflight, one after the other. Tokens are read here, and never leave this object."""

    def __init__(self, job: Job, api: str) -> None:
        pause = pause_between_requests(api)
        self._readers = 1 if pause else POLITE_READERS
        self._api, self._turn, self._client = api, Turnstile(pause, job.clock), job.registry.http
        self._tokens, self._style = tokens_of(job), job.project.registry
        self._publishing: dict[Action, str] = {}
        self._reading: str | TokenSeen | None = None

    def site(self) -> Exchange:
        return self._turn(lambda: registry_questions.site(self._api, self._client))

    def tokens(self, asked: Sequence[Inquiry]) -> dict[Action, TokenSeen]:
        """The registry's answers about each token that these crates need. A token for both actions is asked about once.

        An API token is also read to see configurations of trusted publishing, even if nothing is published with it.
        """
        if any(inquiry.configs for inquiry in asked):
            self._reading = self._api_token(Action.UPDATE)
        probed = {inquiry.action for inquiry in asked if inquiry.probe}
        seen: dict[Action, TokenSeen] = {}
        by_token: dict[str, TokenSeen] = {}
        for action in sorted({inquiry.action for inquiry in asked}):
            if self._style.credential_for(action) is Credential.TRUSTED_PUBLISHING:
                if action in probed:
                    seen[action] = self._mint(action)
                continue
            token = self._api_token(action)
            if isinstance(token, str):
                self._publishing[action] = token
                seen[action] = by_token[token] = by_token[token] if token in by_token else self._token(token)
            else:
                seen[action] = token
        return seen

    def _api_token(self, action: Action) -> str | TokenSeen:
        try:
            return self._tokens.api_token(action).reveal()
        except (TokenMissing, TokenUnusable, SecretBlockMissing, SecretBlockUnread) as error:
            return TokenSeen(
                unusable=error.what.rstrip("."),
                way_out=error.fix,
                is_broken=isinstance(error, TokenUnusable),
                is_unknown=isinstance(error, SecretBlockUnread),
            )

    def _mint(self, action: Action) -> TokenSeen:
        try:
            self._publishing[action] = self._tokens.token(action).reveal()
        except (IdentityMissing, IdentityUnavailable, RegistryUnreachable) as error:
            return TokenSeen(unusable=error.what.rstrip("."), is_unknown=True)
        except (IdentityRefused, ExchangeRefused) as error:
            return TokenSeen(unusable=error.what.rstrip("."), way_out=error.fix)
        return TokenSeen(is_minted=True)

    def _token(self, token: str) -> TokenSeen:
        return TokenSeen(
            me=self._turn(lambda: registry_questions.me(self._api, token, self._client)),
            configs_of_user=self._turn(lambda: registry_questions.configs_of_user(self._api, token, self._client)),
        )

    def crates(self, asked: Sequence[Inquiry]) -> dict[str, CrateAnswers]:
        """The answers about each crate: one crate after the other if requests are paced, else many at a time."""
        with ThreadPoolExecutor(self._readers) as pool:
            return dict(zip((inquiry.name for inquiry in asked), pool.map(self._crate, asked), strict=True))

    def _crate(self, asked: Inquiry) -> CrateAnswers:
        api, name, client = self._api, asked.name, self._client
        publishing = self._publishing.get(asked.action)
        crate = self._turn(lambda: registry_questions.crate(api, name, client))
        owners = self._turn(lambda: registry_questions.owners(api, name, client)) if asked.owners else None
        configs = probe = None
        reading = self._reading
        if asked.configs and isinstance(reading, str):
            configs = self._turn(lambda: registry_questions.configs(api, name, reading, client))
        if asked.probe and publishing is not None:
            probe = self._turn(lambda: registry_questions.probe(api, name, asked.version, publishing, client))
        return CrateAnswers(crate=crate, owners=owners, configs=configs, probe=probe)


def judge_packaged(job: Job, plan: ReleasePlan, digests: Mapping[str, str]) -> tuple[Finding, ...]:
    """Checks the packaged crates, found by their SHA-256, by crates.io's rules. Raises `KeptCrateBroken`, `CrateFileBroken`."""
    packaged = [_judge_kept(job, crate.name, crate.version, digests[crate.name]) for crate in plan.crates]
    return tuple(crate_rules(packaged, is_crates_io=_has_crates_ios_rules(job)))


def judge_unpackaged(job: Job, plan: ReleasePlan, seen: Seen) -> tuple[Finding, ...]:
    """As `judge_packaged`, but packages the crates first, in the run's own clone."""
    try:
        prepare.commit(job, plan)
        digests = prepare.package(job, plan.versions, seen.source.tree, seen.registry, job.pinned.as_of)
    except LoadmasterError as error:
        why = f"the crates could not be packaged: {clause(error.what.splitlines()[0])}"
        return (Finding(gate=PermissionGate.CRATE_RULES, where="plan", outcome=Outcome.COULD_NOT_CHECK, what=why),)
    return judge_packaged(job, plan, digests)


def _judge_kept(job: Job, name: str, version: str, sha256: str) -> PackagedCrate:
    content = job.store.crate(f"{name}@{version}", sha256)
    metadata = upload_metadata(content, name=f"{name}@{version}")
    return judge(content, name, version, metadata_bytes=len(metadata))
