"""`loadmaster yank --execute` with a token from a Secret block of the Prefect server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from loadmaster.stack.access import read_sign_in
from tests.kit.checkout import ROOT
from tests.kit.registry_world import fresh
from tests.kit.running import VERSION, Ran, Repository, index_of, loadmaster, publish
from tests.kit.service import Service
from tests.kit.waiting import PATIENCE

pytestmark = [pytest.mark.end_to_end, pytest.mark.cargo]

BLOCK = "registry-token-of-yank"
SAVE = """
import os
from prefect.blocks.system import Secret
Secret(value=os.environ["HELD"]).save(os.environ["BLOCK"], overwrite=True)
"""
PROFILE = f'\n[registry.credentials]\ntoken_block = "{BLOCK}"\n'


def test_the_block_of_the_profile_or_of_the_command_yanks(service: Service, tmp_path: Path) -> None:
    signed_in = {"PREFECT_API_AUTH_STRING": read_sign_in(service.store.root)}
    prefect = {"PREFECT_API_URL": service.stack.api_url, "PREFECT_HOME": str(tmp_path / "prefect"), **signed_in}
    projects, repository = tmp_path / "projects", Repository(tmp_path / "workspace")
    projects.mkdir()
    (projects / "demo.toml").write_text((ROOT / "projects" / "demo.toml").read_text() + PROFILE)

    with fresh(tmp_path / "registry") as world:
        publish(world, "hull")
        save = [sys.executable, "-c", SAVE]
        subprocess.run(
            save, env={**prefect, "HELD": world.token, "BLOCK": BLOCK, "PATH": "/bin"}, check=True, timeout=PATIENCE
        )

        def yank(*options: str) -> Ran:
            asked = ("--project", "demo", "--version", VERSION, "--repository", str(repository.directory))
            told = ("--registry", index_of(world), "--execute", "--confirm", VERSION, *options)
            variables = {**prefect, "LOADMASTER_PROJECTS": str(projects)}
            return loadmaster(tmp_path / "home", "yank", *asked, *told, **variables)

        missing = yank("--token-block", "not-there")
        assert (missing.code, "There is no Secret block `not-there`" in missing.err) == (1, True)
        done = yank("--json")
        assert done.code == 0, done.err
        assert {each["crate"]: each["why"] for each in done.document["crates"]}["hull"] == "yanked now"
        assert world.token not in done.out + done.err + missing.out + missing.err
