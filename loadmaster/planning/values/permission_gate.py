"""The names of the permission gates: a profile lists some as blocking, and each is a column of a table."""

from __future__ import annotations

from enum import StrEnum


class PermissionGate(StrEnum):
    REGISTRY_READY = "registry-ready"
    """The registry answers us, and accepts uploads."""
    CRATE_EXISTS = "crate-exists"
    """The crate exists under exactly this name, or it is new and the credential can create it."""
    OWNERS = "owners"
    """The owners that the profile names own it."""
    TRUSTED_PUBLISHING = "trusted-publishing"
    """Its configuration is the profile's, and it accepts the credential in use."""
    TOKEN = "token"
    """The API token is valid and may do this, as far as anybody can find out."""
    RATE_BUDGET = "rate-budget"
    """The registry's rate limits let the release end in time."""
    DEPENDENCY_NAMES = "dependency-names"
    """Every crate that is needed is on the registry, in that spelling."""
    FORGE = "forge"
    """The token of the forge has the rights that the release needs, and the rules of the branch fit the profile."""
    CRATE_RULES = "crate-rules"
    """The packaged crate breaks none of crates.io's rules."""
