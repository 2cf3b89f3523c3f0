"""The forge's CI: a workflow's run that does not appear, waits, fails, or publishes something else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from loadmaster.errors.base import LoadmasterError, in_one_line


class CiRunMissing(LoadmasterError):
    """The tag is pushed, and no run of the workflow appeared."""

    def __init__(self, workflow: str, tag: str, waited: float, told: str) -> None:
        super().__init__(
            f"No run of `{workflow}` appeared for the tag `{tag}` within {waited:.0f} s: {in_one_line(told)}",
            why="a tag starts a workflow only by the file at the tagged commit, and not if it was pushed by another workflow.",
            fix="start the workflow for the tag on the forge, if it can be started by hand; else mend what keeps it from "
            "starting and release a higher version. Then try again: a run of the tag is recognised.",
        )


class CiNotApproved(LoadmasterError):
    """The run waited for an environment's approval, and nobody gave it in time."""

    def __init__(self, workflow: str, told: str, url: str, waited: float) -> None:
        super().__init__(
            f"The run of `{workflow}` has waited {waited:.0f} s: {told}; see {url}",
            why="the environment has required reviewers, and none of them has looked at it.",
            fix="let one of them approve it there, then try again: the same run is followed.",
        )


class CiTooSlow(LoadmasterError):
    """The run did not end in the time that the profile allows."""

    def __init__(self, workflow: str, told: str, url: str, waited: float) -> None:
        super().__init__(
            f"The run of `{workflow}` has not ended within {waited:.0f} s, and is {told}; see {url}",
            why="no runner is free, a job hangs, or `ci.ends_within` in the profile is too short.",
            fix="look at the run; when it goes on, or is over, try again: the same run is followed.",
        )


class CiFailed(LoadmasterError):
    """The run ended with a failed job."""

    def __init__(self, workflow: str, told: str, url: str, attempt: int, lines: Sequence[str] = ()) -> None:
        """`lines`: the last ones that the job printed."""
        shown = "".join(f"\n    {line}" for line in lines)
        super().__init__(
            f"Attempt {attempt} of `{workflow}` {told}; see {url}{shown}",
            why="the job's own words are above, as far as the forge shows them.",
            fix="mend the cause, let the forge run the failed jobs again, then try again here: a newer attempt of the run is "
            "followed. With `ci.reruns` in the profile, trying again runs them.",
        )


class CiCancelled(LoadmasterError):
    """Somebody, or a newer run, cancelled the run."""

    def __init__(self, workflow: str, url: str) -> None:
        super().__init__(
            f"The run of `{workflow}` was cancelled; see {url}",
            why="a person cancelled it, or the workflow's `concurrency` did so for a newer run.",
            fix="let the forge run it again, then try again here: the same run is followed.",
        )


class CiDidNotPublish(LoadmasterError):
    """The run is over, and a crate that it should publish is not on the registry."""

    def __init__(self, crate: str, workflow: str, job: str, told: str, url: str) -> None:
        super().__init__(
            f"`{crate}` is not on the registry, and `{job}` of `{workflow}`, which publishes it, {told}; see {url}",
            why="the job ended before it came to this crate, leaves it out, or publishes to another registry.",
            fix="look at the job; let the forge run it again once the cause is mended, or set `ci.falls_back` in the profile. Then "
            "try again: crates that are published by then are recognised.",
        )


class AssetsIncomplete(LoadmasterError):
    """The forge release lacks what the profile promises of it, or has something broken."""

    def __init__(self, tag: str, problems: Sequence[str], url: str) -> None:
        super().__init__(
            f"The forge release of `{tag}` is not as the profile's `assets` say: {'; '.join(problems)}; see {url}",
            why="a job of CI that uploads assets failed, was skipped, or names them in another way than the profile.",
            fix="let CI upload what is missing, and delete there what is broken; then try again. Nothing is overwritten, and the "
            "release is not made public before.",
        )


class ReleaseFrozen(LoadmasterError):
    """The public release is immutable and lacks something."""

    final: ClassVar[bool] = True

    def __init__(self, tag: str, lacks: Sequence[str], url: str) -> None:
        super().__init__(
            f"The forge release of `{tag}` is public and immutable, and is not whole: {'; '.join(lacks)}; see {url}",
            why="it was made public before everything was there, and the repository's public releases take no more changes.",
            fix="leave it as it is, and release a higher version, whose release is made public only once everything is there.",
        )
