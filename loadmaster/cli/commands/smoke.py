"""The smoke test in this process, without Prefect, and what this host can do of it."""

from __future__ import annotations

import json
from typing import Any

from loadmaster.errors.base import LoadmasterError
from loadmaster.planning.smoke.host import host_json, show_host
from loadmaster.planning.smoke.show import failure_json, smoke_json, smoke_text
from loadmaster.planning.values.tell import Tell
from loadmaster.run.store import Store
from loadmaster.smoke.request import smoke_request
from loadmaster.smoke.running.doctor import host_facts
from loadmaster.smoke.steps.make import smoke


def smoke_here(values: dict[str, Any], store: Store, tell: Tell, *, as_json: bool) -> tuple[str, int]:
    """The outcome as it is printed, and the exit code. Raises what the request and the test raise.

    With `as_json`, an error that prevents the test becomes a document, too, with the verdict `error`.
    """
    request = smoke_request(values)
    try:
        outcome = smoke(request, store, tell)
    except LoadmasterError as error:
        if not as_json or error.exit_code != 1:
            raise
        failure = failure_json(request.backend, request.subject, request.kernels, str(error))
        return _json_text(failure), error.exit_code
    return _json_text(smoke_json(outcome)) if as_json else smoke_text(outcome), outcome.exit_code


def _json_text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def doctor_here(*, as_json: bool) -> str:
    """What this host can do, and why; as text for a person, or as JSON."""
    facts = host_facts()
    return _json_text(host_json(facts)) if as_json else f"{show_host(facts)}\n"
