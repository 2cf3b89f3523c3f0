"""Scripted misfortune: which request fails, how, and how many times. Deterministic, and counted across restarts."""

from loadmaster.rehearsal.faults.fault import Door, Fault, FaultScript
from loadmaster.rehearsal.faults.misfortune import Dealing, Misfortune, kill

__all__ = ["Dealing", "Door", "Fault", "FaultScript", "Misfortune", "kill"]
