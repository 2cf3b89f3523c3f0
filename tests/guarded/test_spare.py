"""The spare process of a worker, for real: it becomes a run's, is found by the run, and is not used when it is outdated."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import psutil
import pytest

from loadmaster.guarded.spare import NO_RUN, Spare, environment_of_runs
from loadmaster.planning.deployment import RUN_VARIABLE
from loadmaster.stack.processes import processes_with
from tests.kit.waiting import PATIENCE, code_of, eventually, line_of

RUN = "3f1c2d4e-0000-4000-8000-0123456789ab"
WAITS = f"""
import os, sys
from loadmaster.guarded.spare import wait_for_run
came = wait_for_run(["colorsys"])
print(came, os.environ["{RUN_VARIABLE}"], os.environ.get("PREFECT__FLOW_ENTRYPOINT"), "colorsys" in sys.modules, flush=True)
print(repr(sys.stdin.read()), flush=True)
os.read(int(sys.argv[1]), 1)
"""
DEPLOYMENTS = "deployments: []\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "prefect.yaml").write_text(DEPLOYMENTS)
    return tmp_path


def pids_of_spares(checkout: Path) -> list[int]:
    waiting = processes_with(RUN_VARIABLE, NO_RUN)
    return [process.pid for process in waiting if process.cwd() == str(checkout)]


def within(script: Callable[[Spare], Awaitable[None]], checkout: Path) -> None:
    async def run() -> None:
        spare = Spare(checkout)
        try:
            await script(spare)
        finally:
            spare.end()

    anyio.run(run)
    eventually(lambda: pids_of_spares(checkout) == [], "no process was left waiting")


def test_it_has_the_runs_environment_and_is_found_by_the_run() -> None:
    gate, held = os.pipe()
    program = [sys.executable, "-c", WAITS, str(gate)]
    env = {**os.environ, RUN_VARIABLE: NO_RUN}
    with subprocess.Popen(
        program, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, pass_fds=[gate]
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(json.dumps({RUN_VARIABLE: RUN, "PREFECT__FLOW_ENTRYPOINT": "flows.one"}) + "\n")
        process.stdin.flush()
        assert line_of(process.stdout, "its answer") == f"True {RUN} flows.one True\n"
        assert line_of(process.stdout, "its input") == "''\n"  # nothing more to read, although the pipe is open
        assert [found.pid for found in processes_with(RUN_VARIABLE, RUN)] == [process.pid]
        os.close(held)
        assert code_of(process, "it ended") == 0
    os.close(gate)


def test_it_ends_when_its_input_ends_before_a_run_came() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "loadmaster.guarded.engine", "wait"],
        input="{",  # a worker that was killed while it wrote
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_the_one_that_waits_becomes_the_runs(checkout: Path) -> None:
    async def script(spare: Spare) -> None:
        await spare.prepare()
        (waiting,) = pids_of_spares(checkout)
        await spare.prepare()
        assert pids_of_spares(checkout) == [waiting]

        # No server is there: the engine looks for it until it is killed.
        process = await spare.take({**environment_of_runs(), RUN_VARIABLE: RUN})
        assert process is not None
        assert process.pid == waiting
        await anyio.to_thread.run_sync(
            lambda: eventually(lambda: [p.pid for p in processes_with(RUN_VARIABLE, RUN)] == [waiting], "it was found")
        )
        process.kill()
        with anyio.fail_after(PATIENCE):
            await process.aclose()
        assert await spare.take({**environment_of_runs(), RUN_VARIABLE: RUN}) is None

    within(script, checkout)


@pytest.mark.parametrize(
    "outdate",
    [
        lambda checkout, env: (checkout / "prefect.yaml").write_text(DEPLOYMENTS + "# changed\n"),
        lambda checkout, env: env.update(PREFECT_API_URL="http://127.0.0.1:9/api"),
        lambda checkout, env: env.pop("PATH"),
        lambda checkout, env: (checkout / "prefect.yaml").unlink(),
    ],
    ids=["the code was changed", "a setting was changed", "a variable is missing", "the code is gone"],
)
def test_one_that_is_not_as_a_new_one_would_be_is_ended_and_not_used(
    checkout: Path, outdate: Callable[[Path, dict[str, str]], object]
) -> None:
    async def script(spare: Spare) -> None:
        await spare.prepare()
        (waiting,) = pids_of_spares(checkout)
        env = environment_of_runs()
        outdate(checkout, env)
        assert await spare.take({**env, RUN_VARIABLE: RUN}) is None
        assert not psutil.pid_exists(waiting)

    within(script, checkout)


def test_one_that_was_killed_is_not_used_and_has_a_successor(checkout: Path) -> None:
    async def script(spare: Spare) -> None:
        await spare.prepare()
        (waiting,) = pids_of_spares(checkout)
        psutil.Process(waiting).kill()
        gone = lambda: eventually(lambda: not psutil.pid_exists(waiting), "it was gone")  # noqa: E731
        await anyio.to_thread.run_sync(gone)
        assert await spare.take({**environment_of_runs(), RUN_VARIABLE: RUN}) is None
        await spare.prepare()
        assert len(pids_of_spares(checkout)) == 1

    within(script, checkout)


@pytest.mark.parametrize("text", [None, "deployments: [", "[]", "deployments: [1]"])
def test_a_checkout_that_is_broken_has_none_and_nobody_fails(checkout: Path, text: str | None) -> None:
    (checkout / "prefect.yaml").unlink()
    if text is not None:
        (checkout / "prefect.yaml").write_text(text)

    async def script(spare: Spare) -> None:
        await spare.prepare()
        assert pids_of_spares(checkout) == []
        assert await spare.take({**environment_of_runs(), RUN_VARIABLE: RUN}) is None

    within(script, checkout)


def test_two_runs_that_end_together_leave_one(checkout: Path) -> None:
    async def script(spare: Spare) -> None:
        async with anyio.create_task_group() as both:
            both.start_soon(spare.prepare)
            both.start_soon(spare.prepare)
        assert len(pids_of_spares(checkout)) == 1

    within(script, checkout)
