"""Checks the fields of a trusted-publishing configuration, with crates.io's messages. Pure."""

from __future__ import annotations

import re

from loadmaster.planning.crates_io.refusal import bad_request

_MOST = 255
_OWNER = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9-]*")
_REPOSITORY = re.compile(r"[a-zA-Z0-9-_.]+")
_NAMESPACE = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9_.\-/]*[a-zA-Z0-9])?")
_PROJECT = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9_.\-]*[a-zA-Z0-9])?")
_NOT_IN_AN_ENVIRONMENT = re.compile(r"""[\x00-\x1F\x7F'"`,;\\]""")
_GITLAB_ENVIRONMENT = re.compile(r"[a-zA-Z0-9 \-_/${}]+")


def check_github(owner: str, name: str, workflow: str, environment: str | None) -> None:
    """Raises `Refusal`."""
    _check_length("GitHub repository owner name", owner)
    _demand(bool(_OWNER.fullmatch(owner)), "Invalid GitHub repository owner name")
    _check_length("GitHub repository name", name)
    _demand(bool(_REPOSITORY.fullmatch(name)), "Invalid GitHub repository name")
    _check_length("Workflow filename", workflow)
    _check_suffix("Workflow filename", workflow)
    _demand("/" not in workflow, "Workflow filename must be a filename only, without directories")
    if environment is not None:
        _check_length("Environment name", environment, " (use `null` to omit)")
        _demand(not environment.startswith(" "), "Environment name may not start with whitespace")
        _demand(not environment.endswith(" "), "Environment name may not end with whitespace")
        _demand(
            not _NOT_IN_AN_ENVIRONMENT.search(environment),
            'Environment name must not contain non-printable characters or the characters "\'", """, "`", ",", ";", "\\"',
        )


def check_gitlab(namespace: str, project: str, workflow: str, environment: str | None) -> None:
    """Raises `Refusal`."""
    for what, text, allowed in (("namespace", namespace, _NAMESPACE), ("project", project, _PROJECT)):
        named = f"GitLab {what} name" if what == "project" else f"GitLab {what}"
        _check_length(named, text)
        _demand(not text.endswith((".atom", ".git")), f"{named} cannot end with .atom or .git")
        _demand(bool(allowed.fullmatch(text)), f"Invalid {named}")
    _check_length("Workflow filepath", workflow)
    _demand(not workflow.startswith("/"), "Workflow filepath cannot start with /")
    _demand(not workflow.endswith("/"), "Workflow filepath cannot end with /")
    _check_suffix("Workflow filepath", workflow)
    if environment is not None:
        _check_length("Environment name", environment, " (use `null` to omit)")
        _demand(bool(_GITLAB_ENVIRONMENT.fullmatch(environment)), "Environment name contains invalid characters")


def _check_suffix(what: str, workflow: str) -> None:
    _demand(workflow.endswith((".yml", ".yaml")), f"{what} must end with `.yml` or `.yaml`")


def _check_length(what: str, text: str, way_out: str = "") -> None:
    _demand(text != "", f"{what} may not be empty{way_out}")
    # crates.io counts bytes, although its message says characters.
    _demand(len(text.encode()) <= _MOST, f"{what} is too long (maximum is {_MOST} characters)")


def _demand(holds: bool, otherwise: str) -> None:
    if not holds:
        raise bad_request(otherwise)
