"""The rehearsal registry: a directory that behaves like crates.io once its application is served.

Reopening the directory, in another process or under another port, finds the same registry.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from starlette.applications import Starlette
from starlette.routing import Route

from loadmaster.index_as_of.upstream import Upstream
from loadmaster.rehearsal.faults import FaultScript, Misfortune
from loadmaster.rehearsal.registry.accounts import Accounts
from loadmaster.rehearsal.registry.app import RegistryRoutes
from loadmaster.rehearsal.registry.database import Database
from loadmaster.rehearsal.registry.gate import Doorman
from loadmaster.rehearsal.registry.invitations import Invitations
from loadmaster.rehearsal.registry.ledger import Ledger
from loadmaster.rehearsal.registry.limits import Limits
from loadmaster.rehearsal.registry.overlay import Overlay
from loadmaster.rehearsal.registry.owners import Owners
from loadmaster.rehearsal.registry.ownership import Ownership
from loadmaster.rehearsal.registry.pages import Pages
from loadmaster.rehearsal.registry.people import People
from loadmaster.rehearsal.registry.policy import Policies
from loadmaster.rehearsal.registry.publishing import Publishing
from loadmaster.rehearsal.registry.records import Upload
from loadmaster.rehearsal.registry.service import AT_ONCE, Service
from loadmaster.rehearsal.registry.subjects import Subjects
from loadmaster.rehearsal.registry.tokens import Tokens
from loadmaster.rehearsal.registry.trustpub import Configs, Issuers, Records, TokenExchange, TrustSettings
from loadmaster.rehearsal.registry.version_pages import VersionPages
from loadmaster.rehearsal.registry.yanking import Yanking
from loadmaster.run.clock import utc_now

CRATES_IO_LIMITS = Limits()


class Part(Protocol):
    """Some of the web API."""

    def routes(self) -> tuple[Route, ...]: ...


class Registry:
    def __init__(
        self,
        directory: Path,
        *,
        upstream: Upstream | None = None,
        limits: Limits = CRATES_IO_LIMITS,
        faults: FaultScript | None = None,
        service: Service = AT_ONCE,
        clock: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        upstream_owners: Sequence[str] = (),
        issuers: Issuers | None = None,
        forge_accounts: Mapping[str, int] | None = None,
    ) -> None:
        """`upstream_owners` are the users and teams that own the crates that only upstream has; if empty, nobody here does.

        `issuers` vouch for trusted publishers. `forge_accounts` are known to GitHub, login and id, besides the accounts here.
        `sleep` waits so many seconds of `clock`.
        """
        self.database = Database(directory)
        self.accounts = Accounts(self.database)
        self.ownership = Ownership(self.database, upstream_owners)
        self.policies = Policies(self.database)
        self.gate = Doorman(self.accounts, clock)
        self.invitations = Invitations(self.database, self.ownership, self.gate, clock)
        self.ledger = Ledger(directory, self.database, self.ownership)
        self.overlay = Overlay(self.ledger, upstream)
        self._trustpub = Records(self.database, self.ownership)
        exchange = TokenExchange(self._trustpub, issuers or {}, clock)
        publishing = Publishing(
            self.ledger,
            self.overlay,
            self.gate,
            self.policies,
            exchange,
            limits,
            clock,
            lambda: sleep(service.upload),
        )
        pages = Pages(self.ledger, self.overlay, self.policies)
        misfortune = Misfortune(faults, directory / "faults.sqlite", clock=clock, sleep=sleep)
        self._endpoints = RegistryRoutes(
            self.ledger, self.overlay, publishing, pages, self.policies, misfortune, clock, service.visible
        )
        self._parts = (exchange, *self._more(pages, limits, forge_accounts or {}, clock))

    def app(self) -> Starlette:
        """The application, to be served or mounted anywhere. The index is at `index/` below it."""
        return self._endpoints.app([route for part in self._parts for route in part.routes()])

    def add_account(self, login: str, *, email_verified: bool = True) -> None:
        """Adds the account, or sets whether its e-mail address is verified."""
        self.accounts.add(login, email_verified=email_verified)

    def add_token(
        self,
        login: str,
        token: str,
        *,
        scopes: tuple[str, ...] | None = None,
        crates: tuple[str, ...] | None = None,
        expires: datetime | None = None,
        revoked: bool = False,
    ) -> None:
        """Lets `token` act for an account that was added. Only its digest is kept.

        `scopes`: `publish-new`, `publish-update`, ...; None for all. `crates`: names, `prefix*` or `*`; None for any.
        """
        self.accounts.add_token(login, token, scopes=scopes, crates=crates, expires=expires, revoked=revoked)

    def add_owner(self, crate: str, login: str) -> None:
        """Makes an account an owner of a crate, also of one that only upstream has."""
        self.ownership.add(crate, login)

    def uploads(self) -> tuple[Upload, ...]:
        """Every upload that was tried, by whichever process, in order."""
        return self.ledger.uploads()

    def _more(
        self, pages: Pages, limits: Limits, forge_accounts: Mapping[str, int], clock: Callable[[], datetime]
    ) -> tuple[Part, ...]:
        """The web API's parts that need only the records."""
        return (
            Tokens(self.accounts, self.gate),
            self.invitations,
            Owners(self.ownership, self.invitations, self.overlay, self.gate, clock),
            People(self.accounts),
            Subjects(self.ledger),
            VersionPages(self.ledger, self.overlay, pages),
            Yanking(self.database, self.ledger, self.overlay, self.ownership, self.gate, pages, limits, clock),
            Configs(self._trustpub, self.ownership, self.overlay, self.gate, forge_accounts, clock),
            TrustSettings(self._trustpub, self.ownership, self.overlay, self.gate, pages, clock),
        )
