"""A workflow file, and its `run:` lines carried out as the runner does it: in order, by bash, with the variables of each level."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loadmaster.planning.values.yaml_text import read_yaml
from tests.kit.checkout import ROOT
from tests.kit.next_step import BIN

WORKFLOWS = ROOT / "examples" / "workflows"
ACTION = ROOT / "action.yml"
OWN = "OWNER/loadmaster@"
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


def workflow(name: str) -> Any:
    return read_yaml((WORKFLOWS / name).read_text(encoding="utf-8"))


def steps_of(document: Any) -> list[dict[str, Any]]:
    """The steps of every job of a workflow, or those of a composite action."""
    jobs = document["jobs"].values() if "jobs" in document else [document["runs"]]
    return [step for job in jobs for step in job["steps"]]


def used(document: Any) -> list[str]:
    """The actions that it uses, without their commits: a runner brings them, and nobody else."""
    return [step["uses"].partition("@")[0] for step in steps_of(document) if "uses" in step]


@dataclass(frozen=True)
class Runner:
    """A machine that runs steps. `says` are the values of the expressions; one that is not among them is an error."""

    workspace: Path
    temp: Path
    says: Mapping[str, str]
    variables: Mapping[str, str]

    def run(self, document: Any, name: str) -> subprocess.CompletedProcess[str]:
        """Carries out the `run:` of the step with that name."""
        (step,) = [each for each in steps_of(document) if each.get("name") == name]
        script = self.temp / "step.sh"
        script.write_text(self._filled(step["run"]))
        shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail"] if step.get("shell") == "bash" else ["bash", "-e"]
        levels = (document.get("env", {}), step.get("env", {}))
        own = {key: self._filled(str(value)) for level in levels for key, value in level.items()}
        return subprocess.run(
            [*shell, str(script)],
            cwd=self.workspace / self._filled(step.get("working-directory", ".")),
            env={**self._around(), **own},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )

    def _filled(self, text: str) -> str:
        return _EXPRESSION.sub(lambda found: self.says[found[1]], text)

    def _around(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if "TOKEN" not in name}
        return {
            **inherited,
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.temp),
            "CARGO_HOME": os.environ.get("CARGO_HOME", str(Path.home() / ".cargo")),
            "RUSTUP_HOME": os.environ.get("RUSTUP_HOME", str(Path.home() / ".rustup")),
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(self.workspace),
            "GITHUB_STEP_SUMMARY": str(self.temp / "summary.md"),
            "GITHUB_OUTPUT": str(self.temp / "output"),
            "GITHUB_PATH": str(self.temp / "path"),
            "RUNNER_TEMP": str(self.temp),
            **self.variables,
        }
