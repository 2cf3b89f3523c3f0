"""Why a registry refused an upload, by its status and its words. The one place that reads them.

Texts of crates.io's server (`src/controllers/krate/publish.rs`) and of kellnr's.
"""

from __future__ import annotations

from enum import StrEnum

_THERE = ("is already uploaded", "Crate with version already exists")
"""How crates.io says that a version exists, and how kellnr does."""
_ACCOUNT = "verified email"
_DEPENDENCY = "no known crate named"
_OF_CONTENTS = (400, 413, 422)


class Reason(StrEnum):
    THERE = "there"
    """It has the version already."""
    ACCOUNT = "account"
    """Who uploads may not: owner, token, e-mail address."""
    DEPENDENCY = "dependency"
    """It does not know a crate that this one needs; it may know it later."""
    CONTENTS = "contents"
    """The crate itself breaks a rule: no Retry mends that."""


def reason_of(status: int, told: str) -> Reason:
    """Of a refusal that is the registry's own, with the text that it gave."""
    if any(words in told for words in _THERE):
        return Reason.THERE
    if status not in _OF_CONTENTS or _ACCOUNT in told:
        return Reason.ACCOUNT
    return Reason.DEPENDENCY if _DEPENDENCY in told else Reason.CONTENTS
