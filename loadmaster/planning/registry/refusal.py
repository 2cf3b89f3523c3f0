"""Why a registry refused an upload, by the status and the text of its answer. No other module reads these texts.

The texts are those of crates.io's server (`src/controllers/krate/publish.rs`) and of kellnr's.
"""

from __future__ import annotations

from enum import StrEnum

_THERE = ("is already uploaded", "Crate with version already exists")
"""How crates.io says that a version exists, and how kellnr does."""
_ACCOUNT = "verified email"
_DEPENDENCY = "no known crate named"
_CONTENTS_STATUS = (400, 413, 422)


class Reason(StrEnum):
    THERE = "there"
    """The registry has the version already."""
    ACCOUNT = "account"
    """The uploader may not do this: owner, token, e-mail address."""
    DEPENDENCY = "dependency"
    """The registry does not know a crate that this one needs. It may know it later."""
    CONTENTS = "contents"
    """The crate itself breaks a rule. No Retry changes that."""


def reason_of(status: int, text: str) -> Reason:
    """The reason of a refusal that comes from the registry itself, with the text `text`."""
    if any(words in text for words in _THERE):
        return Reason.THERE
    if status not in _CONTENTS_STATUS or _ACCOUNT in text:
        return Reason.ACCOUNT
    return Reason.DEPENDENCY if _DEPENDENCY in text else Reason.CONTENTS
