"""GitHub's limits: requests of an hour for each token, and writes in quick succession. Counted in the forge's file."""

from __future__ import annotations

from typing import NamedTuple

from loadmaster.rehearsal.forge.front.refusals import ForgeProblem
from loadmaster.rehearsal.forge.memory.premises import Premises, stamp

_HOUR = 3600
_WITHOUT_TOKEN = 60
_HELP = "If you reach out to GitHub Support for help, please include the request ID {request} and timestamp {when}."


class Hour(NamedTuple):
    """What a caller has asked in his present hour."""

    limit: int
    used: int
    reset: int
    """When it ends, in seconds since 1970."""

    def headers(self) -> dict[str, str]:
        left = max(0, self.limit - self.used)
        return {
            "x-ratelimit-limit": str(self.limit),
            "x-ratelimit-remaining": str(left),
            "x-ratelimit-used": str(min(self.used, self.limit)),
            "x-ratelimit-reset": str(self.reset),
            "x-ratelimit-resource": "core",
        }


class RequestLimits:
    def __init__(self, premises: Premises) -> None:
        self._premises = premises
        with premises.file.opened() as database:
            database.execute("create table if not exists hours (caller text primary key, began integer, used integer)")

    def hour(self, caller: str | None) -> Hour:
        """`caller` is the digest of his token; None for all who have none."""
        began, used = self._row(caller)
        return Hour(self._limit(caller), used, began + _HOUR)

    def require_left(self, caller: str | None, request: str) -> None:
        """Raises `ForgeProblem` for a caller who has no request left. `request` is the id that it names."""
        hour = self.hour(caller)
        if hour.used < hour.limit:
            return
        told = self._told(request)
        text = f"API rate limit exceeded for user ID 1. {told}" if caller else _FOR_STRANGERS
        raise ForgeProblem(403, text, headers=hour.headers())

    def count(self, caller: str | None) -> None:
        began, used = self._row(caller)
        with self._premises.file.opened() as database:
            values = (caller or "", began, used + 1)
            database.execute("insert or replace into hours (caller, began, used) values (?, ?, ?)", values)

    def require_slow(self, request: str) -> None:
        """Notes a write. Raises `ForgeProblem` while the scenario's secondary limit holds."""
        limit, file, now = self._premises.scenario.secondary_limit, self._premises.file, self._premises.now()
        if limit is None or file.count("writes") < limit.after_writes:
            return
        until = float(file.fact("slow-until") or 0)
        if not until:
            until = now + limit.seconds
            file.note("slow-until", str(until))
        if now < until:
            text = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again. "
            headers = {"retry-after": str(max(1, round(until - now)))}
            raise ForgeProblem(403, text + self._told(request), headers=headers)

    def _limit(self, caller: str | None) -> int:
        return self._premises.scenario.requests_per_hour if caller else _WITHOUT_TOKEN

    def _row(self, caller: str | None) -> tuple[int, int]:
        """When the caller's hour began, and his requests since then."""
        now = int(self._premises.now())
        with self._premises.file.opened() as database:
            row = database.execute("select began, used from hours where caller = ?", (caller or "",)).fetchone()
        if row is None or not row["began"] <= now < row["began"] + _HOUR:
            return now, 0
        return row["began"], row["used"]

    def _told(self, request: str) -> str:
        when = stamp(self._premises.now()).replace("T", " ").replace("Z", " UTC")
        return _HELP.format(request=request, when=when)


_FOR_STRANGERS = (
    "API rate limit exceeded for 127.0.0.1. (But here's the good news: Authenticated requests get a higher rate limit. "
    "Check out the documentation for more details.)"
)
