"""The requests of one preflight to the registry's web API: which, with which token, and how fast.

Tokens are read here, and never leave this module.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar

from loadmaster.clients.registry import questions
from loadmaster.clients.registry.registry import POLITE_READERS
from loadmaster.credentials.sources import identity
from loadmaster.credentials.token import Token
from loadmaster.credentials.tokens import tokens_of
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
from loadmaster.planning.crates_io.tokens import TRUSTED_PREFIX
from loadmaster.planning.permissions.name_gate import is_spelled_otherwise
from loadmaster.planning.permissions.questions import Inquiry, pause_between_requests
from loadmaster.planning.permissions.seen import CrateAnswers, Exchange, TokenSeen
from loadmaster.planning.permissions.token_answers import is_dead, may_read_configs
from loadmaster.planning.profile.registry_style import Credential
from loadmaster.planning.values.rates import Action
from loadmaster.run.clock import Clock
from loadmaster.run.job import Job

T = TypeVar("T")


class Turnstile:
    """Lets one request through at a time, with a pause in seconds after the one before, and counts them."""

    def __init__(self, pause: float, clock: Clock, sleep: Callable[[float], None] = time.sleep) -> None:
        self._pause, self._clock, self._sleep = timedelta(seconds=pause), clock, sleep
        self._next = clock.now()
        self._counting = threading.Lock()
        self.passed = 0

    def __call__(self, ask: Callable[[], T]) -> T:
        if (wait := self._clock.seconds_until(self._next)) > 0:
            self._sleep(wait)
        self._next = self._clock.now() + self._pause
        with self._counting:
            self.passed += 1
        return ask()


class _Held(NamedTuple):
    """A token and what the registry answered to it. `token` is None if there is none to ask with."""

    token: Token | None
    seen: TokenSeen


class Questions:
    """The requests of one preflight, one after the other."""

    def __init__(self, job: Job, api: str) -> None:
        pause = pause_between_requests(api)
        self._threads = 1 if pause else POLITE_READERS
        self._api, self._turn, self._client = api, Turnstile(pause, job.clock), job.registry.http
        self._tokens, self._style, self._world = tokens_of(job), job.project.registry, job.world
        self._asked_about: dict[str, _Held] = {}
        self._publishing: dict[Action, _Held] = {}
        self._readers: list[_Held] = []

    @property
    def requests(self) -> int:
        """How many were sent so far."""
        return self._turn.passed

    def site(self) -> Exchange:
        return self._turn(lambda: questions.site(self._api, self._client))

    def tokens(self, asked: Sequence[Inquiry]) -> dict[Action, TokenSeen]:
        """The tokens that these crates are published with, and the registry's answers about each. Each is asked about once."""
        probed = {inquiry.action for inquiry in asked if inquiry.probe}
        for action in sorted({inquiry.action for inquiry in asked}):
            if self._style.credential_for(action) is Credential.TOKEN:
                self._publishing[action] = self._api_token(action)
            elif action in probed:
                self._publishing[action] = self._mint(action)
            elif (missing := self._nobody_vouches()) is not None:
                self._publishing[action] = missing
        return {action: held.seen for action, held in self._publishing.items()}

    def readers(self, asked: Sequence[Inquiry]) -> tuple[TokenSeen, ...]:
        """The API tokens with which configurations of trusted publishing are to be read, even if nothing is published with them.

        Where the token for updates may not read them, the one for new crates is tried, if there is one.
        """
        if any(inquiry.exists for inquiry in asked):
            self._readers = [self._api_token(Action.UPDATE)]
            if not may_read_configs(self._readers[0].seen):
                other = self._api_token(Action.NEW)
                self._readers += [other] if other.token is not None and other not in self._readers else []
        return tuple(held.seen for held in self._readers)

    def crates(self, asked: Sequence[Inquiry]) -> dict[str, CrateAnswers]:
        """The answers about each crate: one crate after the other if requests are paced, else many at a time."""
        with ThreadPoolExecutor(self._threads) as pool:
            return dict(zip((inquiry.name for inquiry in asked), pool.map(self._crate, asked), strict=True))

    def _crate(self, asked: Inquiry) -> CrateAnswers:
        api, name, client = self._api, asked.name, self._client
        crate = self._turn(lambda: questions.crate(api, name, client))
        exists = asked.exists or is_spelled_otherwise(name, crate)
        return CrateAnswers(
            crate=crate,
            owners=self._turn(lambda: questions.owners(api, name, client)) if exists else None,
            configs=self._configs(name) if exists else None,
            probe=self._probe(asked) if asked.probe else None,
        )

    def _configs(self, name: str) -> Exchange | None:
        token, seen = self._readers[-1] if self._readers else _NOBODY
        if token is None or not may_read_configs(seen):
            return None
        answer = self._turn(lambda: questions.configs(self._api, name, token.reveal(), self._client))
        return answer.model_copy(update={"credential": seen.named})

    def _probe(self, asked: Inquiry) -> Exchange | None:
        token, seen = self._publishing.get(asked.action, _NOBODY)
        if token is None or is_dead(seen):
            return None
        text = token.reveal()
        answer = self._turn(lambda: questions.probe(self._api, asked.name, asked.version, text, self._client))
        return answer.model_copy(update={"credential": seen.named})

    def _api_token(self, action: Action) -> _Held:
        try:
            token = self._tokens.api_token(action)
        except (TokenMissing, TokenUnusable, SecretBlockMissing, SecretBlockUnread) as error:
            unusable = TokenSeen(
                unusable=error.what.rstrip("."),
                way_out=error.fix,
                is_broken=isinstance(error, TokenUnusable),
                is_unknown=isinstance(error, SecretBlockUnread),
            )
            return _Held(None, unusable)
        text = token.reveal()
        if text not in self._asked_about:
            self._asked_about[text] = _Held(token, self._about(token, self._end_of(action)))
        return self._asked_about[text]

    def _end_of(self, action: Action) -> datetime | None:
        """When the API token expires, as the profile says; in a rehearsal, too, whose own token stands for that one."""
        credentials = self._style.credentials
        return (credentials.new_token_expires if action is Action.NEW else None) or credentials.token_expires

    def _about(self, token: Token, expires: datetime | None) -> TokenSeen:
        text, source = token.reveal(), token.source
        if text.startswith(TRUSTED_PREFIX):
            return TokenSeen(source=source, is_short_lived=True)
        seen = TokenSeen(source=source, expires=expires)
        me = self._turn(lambda: questions.me(self._api, text, self._client))
        others = self._turn(lambda: questions.configs_of_user(self._api, text, self._client))
        sent = {"credential": seen.named}
        answers = {"me": me.model_copy(update=sent), "configs_of_user": others.model_copy(update=sent)}
        return seen.model_copy(update=answers)

    def _mint(self, action: Action) -> _Held:
        try:
            token = self._tokens.token(action)
        except (IdentityMissing, IdentityUnavailable, RegistryUnreachable) as error:
            is_unknown = not isinstance(error, IdentityMissing)
            return _Held(None, TokenSeen(unusable=error.what.rstrip("."), way_out=error.fix, is_unknown=is_unknown))
        except (IdentityRefused, ExchangeRefused, TokenUnusable) as error:
            is_broken = isinstance(error, TokenUnusable)
            return _Held(None, TokenSeen(unusable=error.what.rstrip("."), way_out=error.fix, is_broken=is_broken))
        return _Held(token, TokenSeen(is_minted=True))

    def _nobody_vouches(self) -> _Held | None:
        """That trusted publishing is to publish, and nothing here gives an ID token for it; None if something does."""
        try:
            identity(self._world)
        except IdentityMissing as error:
            return _Held(None, TokenSeen(unusable=error.what.rstrip("."), way_out=error.fix))
        except TokenUnusable as error:
            return _Held(None, TokenSeen(unusable=error.what.rstrip("."), way_out=error.fix, is_broken=True))
        return None


_NOBODY = _Held(None, TokenSeen(unusable="there is no token"))
