"""A profile's tables `ci` and `landing`: who publishes, which workflow of the forge takes part, how the release commit gets
onto the release branch. The models only.

The documentation shows the docstring of every field.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from loadmaster.planning.values.value import Value

HOURS = 3600.0


class Publisher(StrEnum):
    """Who uploads the crates."""

    DIRECT = "direct"
    """Loadmaster, from the machine on which it runs."""
    CI = "ci"
    """A job of the forge's workflow, which the tag starts and Loadmaster watches. Needs `[ci]`, with `job`."""


WorkflowFile = Annotated[str, Field(pattern=r"^[^/\s]+\.ya?ml$")]
"""The name of a file in `.github/workflows`."""
Seconds = Annotated[float, Field(gt=0, le=7 * 24 * HOURS, allow_inf_nan=False)]


class CiStyle(Value):
    """The workflow that the release's tag starts. Loadmaster watches its run to the end: before that, no forge release is made
    public. See [publishing by CI](publishing-by-ci.md)."""

    workflow: WorkflowFile
    """The name of its file in `.github/workflows`, such as `release.yml`."""
    job: str | None = Field(default=None, pattern=r"^[A-Za-z_][\w-]*$")
    """The job that publishes the crates, by its id in the file. Needed for `publisher = "ci"`."""
    dispatch: Mapping[str, str] | None = None
    """The inputs with which Loadmaster starts it by hand, for a workflow that no tag starts. `{tag}`, `{version}` and `{commit}`
    are filled in; `{}` starts it without inputs. If left out, the tag's push starts it."""
    starts_within: Seconds = 300.0
    """How many seconds may pass until its run appears."""
    approved_within: Seconds = 24 * HOURS
    """How many seconds it may wait for the approval of an environment."""
    ends_within: Seconds = 2 * HOURS
    """How many seconds it may take besides."""
    reruns: bool = False
    """Whether a Retry of the release lets the forge run the failed jobs again. If not, a person does."""
    falls_back: bool = False
    """Whether Loadmaster uploads itself what a failed run has not published. It needs a credential that may, and crates that take
    no other than trusted publishing refuse it."""


class LandingWay(StrEnum):
    PUSH = "push"
    """Loadmaster pushes the release commit to the release branch."""
    PULL_REQUEST = "pull-request"
    """It pushes a branch of its own, and opens a pull request for it."""


class MergeMethod(StrEnum):
    SQUASH = "squash"
    MERGE = "merge"
    REBASE = "rebase"
    PERSON = "person"
    """Loadmaster merges nothing: it waits until a person has, by whichever method."""


class Landing(Value):
    """How the release commit gets onto the release branch. See [landing](landing.md)."""

    way: LandingWay = LandingWay.PUSH
    method: MergeMethod = MergeMethod.SQUASH
    """How a pull request is merged, once its checks have passed."""
    branch: Annotated[str, Field(pattern=r"^[^\s~^:\\-][^\s~^:\\]*\{version\}[^\s~^:\\]*$")] = "release/{version}"
    """The name of the pull request's branch; `{version}` stands for the version."""
    checked_within: Seconds = 2 * HOURS
    """How many seconds its checks may take."""
    merged_within: Seconds = 24 * HOURS
    """How many seconds it may wait for approvals, or for the person who merges it."""
