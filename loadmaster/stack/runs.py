"""The parts of Prefect's flow runs, task runs and log lines that we read, and questions that they answer alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from loadmaster.planning.values.receipt import SHORT

TERMINAL = frozenset({"COMPLETED", "FAILED", "CANCELLED", "CRASHED"})


class _Told(BaseModel):
    """Prefect's answer has many more fields than are read here, and may get new ones."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class State(_Told):
    """A state as the UI shows it: `type` is one of Prefect's nine, `name` refines it."""

    type: str
    name: str
    timestamp: datetime
    message: str | None = None
    state_details: dict[str, Any] = Field(default_factory=dict)

    @property
    def is_terminal(self) -> bool:
        return self.type in TERMINAL


class FlowRun(_Told):
    """A flow run; `infrastructure_pid` names the process that a worker started for it, and is never cleared."""

    id: str
    name: str
    state: State
    start_time: datetime | None = None
    work_pool_name: str | None = None
    infrastructure_pid: str | None = None
    parameters: dict[str, Any] = Field(default_factory=dict)

    @property
    def short(self) -> str:
        """The beginning of its id, by which commands find it."""
        return self.id[:SHORT]

    @property
    def is_suspended(self) -> bool:
        """Whether it is paused without a process: it will continue in a new one."""
        return self.state.type == "PAUSED" and bool(self.state.state_details.get("pause_reschedule"))

    @property
    def pid(self) -> int | None:
        """The pid of its process, once it has one. Prefect writes `PID` or `HOST:PID`."""
        pid = (self.infrastructure_pid or "").rpartition(":")[2]
        return int(pid) if pid.isdigit() and self.state.type != "PENDING" else None


class TaskRun(_Told):
    """A task run. For a moment after it was recorded the server may not know its state yet."""

    id: str
    name: str
    state: State | None
    total_run_time: float = 0.0


class LogLine(_Told):
    id: str
    level: int
    message: str
