"""`python -m loadmaster.guarded.worker POOL NAME CHECKOUT`: Prefect's process worker, for our deployments alone.

A run's process starts in the checkout, with the entrypoint that the checkout's `prefect.yaml` has, and with the worker's own
environment. Templates, job variables, pull steps and storage that the server names are not looked at, except to refuse a
run that has any (`loadmaster.planning.deployment`).
"""

from __future__ import annotations

import asyncio
import os
import shlex
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import anyio
from anyio.abc import Process, TaskStatus
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun, WorkPool
from prefect.client.schemas.responses import DeploymentResponse
from prefect.logging.configuration import setup_logging
from prefect.runner import _starter_engine
from prefect.runner._flow_run_executor import FlowRunExecutionResult, FlowRunExecutor, FlowRunExecutorContext
from prefect.runner._process_manager import ProcessHandle
from prefect.runner._starter_engine import EngineCommandStarter
from prefect.runner._workspace_hook_runner import WorkspaceHookRunner
from prefect.runner._workspace_runtime import PreparedWorkspaceManifest, write_private_model
from prefect.settings import get_current_settings
from prefect.utilities.processutils import run_process, setup_signal_handlers_worker
from prefect.workers.process import ProcessJobConfiguration, ProcessWorker, ProcessWorkerResult

from loadmaster.errors.access import RunNotOurs
from loadmaster.guarded import results
from loadmaster.guarded.spare import ENGINE, Spare
from loadmaster.planning.deployment import (
    FoundRun,
    WrittenDeployment,
    step_names,
    why_not_ours,
    written_deployments,
    written_for,
)
from loadmaster.planning.profile.secret_variables import SIGN_IN_VARIABLES
from loadmaster.planning.values.yaml_text import read_yaml
from loadmaster.stack.privacy import keep_to_ourselves


class OwnJobConfiguration(ProcessJobConfiguration):
    """What Prefect notes of a run for its own sake. Nothing of it comes from the server's templates or variables."""

    @classmethod
    async def resolve_for_flow_run(
        cls,
        flow_run: FlowRun,
        *,
        client: PrefectClient,
        work_pool: WorkPool,
        worker_name: str,
        worker_id: Any = None,
        deployment: DeploymentResponse | None = None,
    ) -> Self:
        if deployment is None and flow_run.deployment_id:
            deployment = await client.read_deployment(flow_run.deployment_id)
        flow = await client.read_flow(flow_run.flow_id)
        configuration = cls(stream_output=False)
        configuration.prepare_for_flow_run(
            flow_run, deployment, flow, work_pool, worker_name=worker_name, worker_id=worker_id
        )
        return configuration

    @classmethod
    def _base_environment(cls) -> dict[str, str]:
        """None of Prefect's settings: what is not in our environment is in the profile, which a run reads for itself."""
        return {}


class OwnWorker(ProcessWorker):
    """Carries out the deployments that the checkout's `prefect.yaml` has for its pool."""

    job_configuration = OwnJobConfiguration
    checkout: Path
    spare: Spare

    @classmethod
    def __dispatch_key__(cls) -> str:
        return "loadmaster-process"  # in Prefect's list of kinds; on the server it is a worker of the type `process`

    async def setup(self) -> None:
        await super().setup()
        await self.spare.prepare()

    async def teardown(self, *exc_info: Any) -> None:
        self.spare.end()
        await super().teardown(*exc_info)

    async def run(
        self,
        flow_run: FlowRun,
        configuration: ProcessJobConfiguration,
        task_status: TaskStatus[int] | None = None,
    ) -> ProcessWorkerResult:
        """Raises `RunNotOurs`, before anything was started; Prefect then sets the run to Crashed, with its text."""
        ours = await self._definition_of(flow_run)
        environment = self._environment(configuration)
        with TemporaryDirectory(prefix="loadmaster-run-") as place:
            async with FlowRunExecutorContext() as context:
                starter = EngineCommandStarter(
                    entrypoint=ours.entrypoint,
                    command=shlex.join(ENGINE),
                    cwd=self.checkout,
                    env=environment,
                    stream_output=False,
                    control_channel=context.control_channel,
                    isolate_process_group=True,
                    env_overrides_settings=True,
                )
                hooks = self._hooks(ours, environment, Path(place) / "workspace.json")
                executor = context.create_executor(flow_run, starter, propose_submitting=False, hook_runner=hooks)
                result = await _carry_out(executor, task_status or anyio.TASK_STATUS_IGNORED)
        await self.spare.prepare()  # not before: the run has the processors for itself
        if result is None or result.status_code is None:
            raise RuntimeError("the process of the flow run did not start")
        return ProcessWorkerResult(status_code=result.status_code, identifier=str(result.handle.pid))

    async def run_process(
        self,
        command: list[str],
        *,
        task_status: TaskStatus[ProcessHandle],
        task_status_handler: Callable[[Process], ProcessHandle],
        env: Mapping[str, str],
        **options: Any,
    ) -> Process:
        """As Prefect's function of this name, which starts a run's process and waits for its end. Takes the spare one."""
        process = await self.spare.take(env)
        if process is None:
            return await run_process(
                command, task_status=task_status, task_status_handler=task_status_handler, env=env, **options
            )
        async with process:  # a worker that is told to end kills it
            task_status.started(task_status_handler(process))
            await process.wait()
        return process

    async def _definition_of(self, flow_run: FlowRun) -> WrittenDeployment:
        """The deployment as it is written in the checkout. Raises `RunNotOurs`."""
        found = await self._found(flow_run)
        file = self.checkout / "prefect.yaml"  # read anew: `up` registers what was added, and the worker stays
        written = written_deployments(read_yaml(file.read_text(encoding="utf-8")))
        if problems := why_not_ours(found, written):
            raise RunNotOurs(flow_run.name, problems)
        ours = written_for(found, written)
        assert ours is not None  # nothing was wrong with it
        return ours

    async def _found(self, flow_run: FlowRun) -> FoundRun:
        if flow_run.deployment_id is None:
            return FoundRun(pool=self._work_pool_name, deployment=None)
        deployment = await self.client.read_deployment(flow_run.deployment_id)
        flow = await self.client.read_flow(flow_run.flow_id)
        return FoundRun(
            pool=self._work_pool_name,
            deployment=deployment.name,
            flow=flow.name,
            entrypoint=deployment.entrypoint,
            steps=step_names(deployment.pull_steps or ()),
            job_variables=(*(deployment.job_variables or {}), *(flow_run.job_variables or {})),
        )

    def _environment(self, configuration: ProcessJobConfiguration) -> dict[str, str | None]:
        """The worker's own, and what Prefect says of the run. Without the sign-in: a run reads that from the profile."""
        return {**configuration.env, **results.SETTINGS, **dict.fromkeys(SIGN_IN_VARIABLES)}

    def _hooks(
        self, ours: WrittenDeployment, environment: dict[str, str | None], manifest: Path
    ) -> WorkspaceHookRunner:
        """Runs the flow's hooks in a process of their own, in the checkout: they may outlast the run's process."""
        model = PreparedWorkspaceManifest(
            working_directory=self.checkout,
            project_root=self.checkout,
            runtime_entrypoint=ours.entrypoint,
            hook_command=[*ENGINE, "hook"],
            environment={name: value for name, value in environment.items() if value is not None},
        )
        write_private_model(manifest, model)
        return WorkspaceHookRunner(manifest_path=manifest, stream_output=False)


async def _carry_out(executor: FlowRunExecutor, task_status: TaskStatus[int]) -> FlowRunExecutionResult | None:
    """Starts the run's process, tells its pid, and waits for its end. None if there was nothing to start."""
    result: FlowRunExecutionResult | None = None

    async def execute(*, task_status: TaskStatus[ProcessHandle]) -> None:
        nonlocal result
        result = await executor.submit(task_status=task_status)

    async with anyio.create_task_group() as group:
        handle = await group.start(execute)
        task_status.started(handle.pid)
    return result


def work(pool: str, name: str, checkout: Path) -> None:
    """Works until it is told to end: SIGTERM ends it and its runs."""
    keep_to_ourselves()
    results.keep_to_our_results()  # it reads none, but reads the states of runs, and Prefect imports what they name
    setup_logging()
    setup_signal_handlers_worker(os.getpid(), "the worker", _say)
    settings = get_current_settings().worker
    worker = OwnWorker(
        work_pool_name=pool,
        name=name,
        prefetch_seconds=settings.prefetch_seconds,
        heartbeat_interval_seconds=int(settings.heartbeat_seconds),
        create_pool_if_not_found=False,
    )
    worker.checkout, worker.spare = checkout, Spare(checkout)
    # Prefect says so itself: a starter calls this name of its module, and who wants another puts it there.
    setattr(_starter_engine, "run_process", worker.run_process)  # noqa: B010
    asyncio.run(worker.start(printer=_say))


def _say(line: str, **_: object) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    work(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
