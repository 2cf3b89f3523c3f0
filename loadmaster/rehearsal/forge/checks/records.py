"""What the forge remembers of commit statuses, and since when it knows commits."""

from __future__ import annotations

from loadmaster.rehearsal.forge.memory.shelves import ForgeFile, Numbered, Shelf


class StatusRecord(Numbered):
    """A commit status that somebody posted."""

    sha: str
    state: str
    context: str
    description: str | None = None
    target_url: str | None = None
    at: float
    creator: str


class ArrivalRecord(Numbered):
    """When a commit came to a branch or a pull request: its checks begin then."""

    sha: str
    at: float


class ChecksMemory:
    def __init__(self, file: ForgeFile) -> None:
        self.statuses = Shelf(file, "statuses", StatusRecord)
        self.arrivals = Shelf(file, "arrivals", ArrivalRecord)

    def arrived(self, sha: str, at: float) -> None:
        """Notes the first time only."""
        if self.arrival(sha) is None:
            self.arrivals.add(lambda identity: ArrivalRecord(id=identity, sha=sha, at=at))

    def arrival(self, sha: str) -> float | None:
        return next((each.at for each in self.arrivals.all() if each.sha == sha), None)
