"""The forge of a rehearsal: the part of GitHub's REST API that a release uses, over the rehearsal's bare repository."""

from loadmaster.rehearsal.forge.actions.works import PlayedWorkflow, WorkflowOutcome
from loadmaster.rehearsal.forge.application import Forge
from loadmaster.rehearsal.forge.front.callers import LoggedRequest

__all__ = ["Forge", "LoggedRequest", "PlayedWorkflow", "WorkflowOutcome"]
