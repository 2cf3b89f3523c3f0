"""The names of the permission gates: what a profile may call blocking, and what a table's columns are."""

from __future__ import annotations

from enum import StrEnum


class PermissionGate(StrEnum):
    REGISTRY_READY = "registry-ready"
    """The registry answers us, and takes uploads."""
    CRATE_EXISTS = "crate-exists"
    """The crate is there under exactly this name, or is new and the credential can create it."""
    OWNERS = "owners"
    """Those whom the profile names own it."""
    TRUSTED_PUBLISHING = "trusted-publishing"
    """Its configuration is the profile's, and the credential in use is one that it accepts."""
    TOKEN = "token"
    """The API token is alive and may do this, as far as can be found out."""
    RATE_BUDGET = "rate-budget"
    """The registry's rate limits let the release end in time."""
    DEPENDENCY_NAMES = "dependency-names"
    """Every crate that is depended on is on the registry, in that spelling."""
    CRATE_RULES = "crate-rules"
    """The packaged crate breaks none of crates.io's rules."""
