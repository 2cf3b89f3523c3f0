"""`loadmaster preflight` with tokens in Secret blocks: each is read, and what cannot be read is open and never "no token"."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from loadmaster.stack.access import read_sign_in
from tests.kit.checkout import ROOT
from tests.kit.registry_world import fresh
from tests.kit.running import MEMBERS, VERSION, Ran, Repository, index_of, loadmaster, reserve
from tests.kit.service import Service
from tests.kit.waiting import PATIENCE

pytestmark = [pytest.mark.end_to_end, pytest.mark.cargo]

BLOCK, OF_NEW = "registry-token-of-preflight", "registry-token-of-preflight-new"
NOWHERE = "http://127.0.0.1:1/api"
SAVE = """
import os
from prefect.blocks.system import Secret
for name in os.environ["BLOCKS"].split(","):
    block, _, text = name.partition("=")
    Secret(value=text).save(block, overwrite=True)
"""
PROFILE = f"""
[registry.credentials]
token_block = "{BLOCK}"
new_token_block = "{OF_NEW}"
"""
DEAD = "cio" + "x" * 32


def save(prefect: Mapping[str, str], **blocks: str) -> None:
    told = ",".join(f"{name.replace('_', '-')}={text}" for name, text in blocks.items())
    environment = {**prefect, "BLOCKS": told, "PATH": "/bin"}
    subprocess.run([sys.executable, "-c", SAVE], env=environment, check=True, timeout=PATIENCE)


def of(ran: Ran, where: str) -> dict[str, Any]:
    (found,) = [
        each for each in ran.document["findings"] if (each["gate"], each["where"]) == ("token", where) and each["what"]
    ]
    return dict(found)


def test_the_blocks_are_read_and_told_apart(service: Service, tmp_path: Path) -> None:
    signed_in = {"PREFECT_API_AUTH_STRING": read_sign_in(service.store.root)}
    prefect = {"PREFECT_API_URL": service.stack.api_url, "PREFECT_HOME": str(tmp_path / "prefect"), **signed_in}
    projects, repository = tmp_path / "projects", Repository(tmp_path / "workspace")
    projects.mkdir()
    (projects / "demo.toml").write_text((ROOT / "projects" / "demo.toml").read_text() + PROFILE)

    with fresh(tmp_path / "registry") as world:
        reserve(world, "hull", "mid")

        def preflight(*options: str, **variables: str) -> Ran:
            asked = ("--project", "demo", "--version", VERSION, "--repository", str(repository.directory))
            told = ("--registry", index_of(world), "--json", *options)
            variables = {**prefect, "LOADMASTER_PROJECTS": str(projects), **variables}
            return loadmaster(tmp_path / "home", "preflight", *asked, *told, **variables)

        missing = preflight(LOADMASTER_REGISTRY_TOKEN=world.token)
        assert (missing.code, of(missing, "token")["outcome"]) == (0, "could-not-check")
        assert f"There is no Secret block `{BLOCK}`" in of(missing, "token")["what"]

        save(prefect, **{BLOCK: DEAD, OF_NEW: world.token})
        dead = preflight()
        assert dead.code == 1
        assert of(dead, "token")["what"] == f"in the Secret block `{BLOCK}` is unknown, revoked or expired"
        assert of(dead, "token for new crates")["what"] == f"in the Secret block `{OF_NEW}` is alive"

        save(prefect, **{BLOCK: f"{world.token}\n"})
        broken = preflight()
        assert (broken.code, "it has a line break" in of(broken, "token")["what"]) == (1, True)

        another = preflight("--token-block", OF_NEW)
        assert (another.code, of(another, "token")["what"]) == (0, f"in the Secret block `{OF_NEW}` is alive")

        unread = preflight(PREFECT_API_URL=NOWHERE, LOADMASTER_REGISTRY_TOKEN=world.token)
        assert (unread.code, of(unread, "token")["outcome"]) == (0, "could-not-check")
        assert f"The Secret block `{BLOCK}` could not be read: " in of(unread, "token")["what"]
        assert "loadmaster up" in of(unread, "token")["fix"]
        assert {of(unread, name)["outcome"] for name in MEMBERS} == {"could-not-check"}

    for ran in (missing, dead, broken, another, unread):
        assert world.token not in ran.out + ran.err
        assert DEAD not in ran.out + ran.err
