"""Trusted publishing as at crates.io: configurations, tokens for ID tokens, and crates that take nothing else."""

from loadmaster.rehearsal.registry.trustpub.configs import Configs
from loadmaster.rehearsal.registry.trustpub.exchange import TokenExchange
from loadmaster.rehearsal.registry.trustpub.keys import GITHUB, GITLAB, Issuers, KeySource
from loadmaster.rehearsal.registry.trustpub.records import Records
from loadmaster.rehearsal.registry.trustpub.settings import TrustSettings

__all__ = ["GITHUB", "GITLAB", "Configs", "Issuers", "KeySource", "Records", "TokenExchange", "TrustSettings"]
