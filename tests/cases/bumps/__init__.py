"""The bumps in this folder, as values. `README.md` says where they come from."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from loadmaster.planning.profile.policy import Policy
from loadmaster.planning.profile.project import ReleaseStyle

_HERE = Path(__file__).parent

_MEMBERS = (
    *("assay-adapter-a2a", "assay-adapter-acp", "assay-adapter-api", "assay-adapter-ucp", "assay-canonical"),
    *("assay-cli", "assay-common", "assay-core", "assay-ebpf", "assay-evidence", "assay-it", "assay-mcp-server"),
    *("assay-metrics", "assay-monitor", "assay-policy", "assay-registry", "assay-runner-core", "assay-runner-linux"),
    *("assay-runner-schema", "assay-sim", "assay-xtask", "gateway-evidence-replay"),
)


def _texts(folder: Path, name: str) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_bytes().decode() for path in folder.rglob(name)}


class Bump(NamedTuple):
    old: str
    new: str
    style: ReleaseStyle = ReleaseStyle()

    def __str__(self) -> str:
        return f"{self.old}-to-{self.new}"

    @property
    def versions(self) -> dict[str, str]:
        return dict.fromkeys(_MEMBERS, self.new)

    def before(self, name: str) -> dict[str, str]:
        """Text by path of every file `name`, as it was."""
        return _texts(_HERE / str(self) / "before", name)

    def after(self, name: str) -> dict[str, str]:
        """The same as the maintainers left it; on disk are those that they changed."""
        return self.before(name) | _texts(_HERE / str(self) / "after", name)


BUMPS = (
    Bump("2.2.1", "2.2.2", ReleaseStyle(policy=Policy.KEEP_CARET_FLOOR)),
    Bump("2.2.2", "2.3.1"),
    Bump("2.14.0", "2.15.0"),
    Bump("3.38.0", "4.0.0"),
    Bump("5.3.0", "5.4.0"),
)
