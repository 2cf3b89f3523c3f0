"""Why a registry refused, by the texts of crates.io and kellnr."""

from __future__ import annotations

import pytest

from loadmaster.planning.registry.refusal import Reason, reason_of

REFUSALS = (
    (400, "expected at most 5 keywords per crate", Reason.CONTENTS),
    (413, "max upload size is: 10485760", Reason.CONTENTS),
    (403, "this crate exists but you don't seem to be an owner", Reason.ACCOUNT),
    (401, "it gave no reason; most likely it does not know the token", Reason.ACCOUNT),
    (400, "A verified email address is required to publish crates to crates.io.", Reason.ACCOUNT),
    (400, "no known crate named `core`", Reason.DEPENDENCY),
    (400, "crate version `1.0.0` is already uploaded", Reason.THERE),
    (400, "Crate with version already exists: core-1.0.0", Reason.THERE),
)


@pytest.mark.parametrize(("status", "told", "reason"), REFUSALS, ids=[row[1][:40] for row in REFUSALS])
def test_a_refusal_has_one_reason(status: int, told: str, reason: Reason) -> None:
    assert reason_of(status, told) is reason
