"""Scripted misfortune: which request fails, how, and how many times. Deterministic, and counted across restarts."""

from loadmaster.rehearsal.faults.fault import Door, Fault, FaultScript
from loadmaster.rehearsal.faults.misfortune import Exchange, Misfortune, kill

__all__ = ["Door", "Exchange", "Fault", "FaultScript", "Misfortune", "kill"]
