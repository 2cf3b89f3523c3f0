"""A registry that behaves like crates.io: sparse index, web API, rules, limits, scripted faults, upstream overlay."""

from loadmaster.rehearsal.registry.credentials import new_token
from loadmaster.rehearsal.registry.limits import NO_LIMITS, Limits
from loadmaster.rehearsal.registry.records import Upload
from loadmaster.rehearsal.registry.registry import CRATES_IO_LIMITS, Registry
from loadmaster.rehearsal.registry.service import Service

__all__ = ["CRATES_IO_LIMITS", "NO_LIMITS", "Limits", "Registry", "Service", "Upload", "new_token"]
