"""The forge's workflow that runs the smoke test elsewhere."""

from __future__ import annotations

from loadmaster.errors.base import LoadmasterError


class SmokeWorkflowMissing(LoadmasterError):
    """No workflow of that name, or one that was switched off."""

    def __init__(self, file: str, told: str) -> None:
        super().__init__(
            f"The workflow `.github/workflows/{file}` cannot be started: {told}",
            why="it was never written, is not on the default branch, or was switched off; or the token may not see it.",
            fix="write it as `docs/smoke.md` shows, or mend `workflow` in `[smoke]` of the profile.",
        )


class SmokeWorkflowRefused(LoadmasterError):
    """The workflow exists, but it cannot be started and recognised."""

    def __init__(self, file: str, told: str) -> None:
        super().__init__(
            f"The forge does not start the workflow `.github/workflows/{file}`: {told}",
            why="it has no `workflow_dispatch`, or not the inputs `nonce`, `subject` and `kernel`.",
            fix="give it both, and `run-name: … ${{ inputs.nonce }}`, by which its run is recognised; `docs/smoke.md` shows one.",
        )


class SmokeRunNotFound(LoadmasterError):
    """The workflow was started, but no run of it has our nonce in its title."""

    def __init__(self, file: str, nonce: str, seconds: float) -> None:
        super().__init__(
            f"The workflow `.github/workflows/{file}` was started, and in {seconds:g} seconds no run showed `{nonce}`.",
            why="its `run-name` does not contain `${{ inputs.nonce }}`, or the forge queues new runs for a long time.",
            fix="look at the workflow's runs on the forge; add the `run-name`. Another run is never taken for ours.",
        )
