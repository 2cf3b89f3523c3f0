"""Scripted misfortune: which requests fail, how, and how often. It is deterministic, and counts across restarts."""

from loadmaster.rehearsal.faults.fault import Door, Fault, FaultScript
from loadmaster.rehearsal.faults.misfortune import Dealing, Misfortune, kill
from loadmaster.rehearsal.faults.whole_server import WholeServer

__all__ = ["Dealing", "Door", "Fault", "FaultScript", "Misfortune", "WholeServer", "kill"]
