"""`python -m loadmaster.guarded.engine [hook … | wait MODULE …]`: Prefect's engine, or its runner of hooks, for the worker's runs
alone. With `wait` it imports the modules and waits for the run that it is to carry out.

Both are Prefect's, unchanged. Before either looks at a run, this process is kept to our own results.
"""

from __future__ import annotations

import gc
import runpy
import sys

gc.set_threshold(50_000)  # importing makes half a million objects that all stay: Python's 700 costs a fifth of a second

from prefect.runner import _workspace_runtime_bootstrap as bootstrap  # noqa: E402

from loadmaster.guarded.results import keep_to_our_results  # noqa: E402
from loadmaster.guarded.spare import WAIT, wait_for_run  # noqa: E402


def carry_out(words: list[str]) -> int:
    """Without words, the run that the environment names, as `python -m prefect.engine` does; else its hooks, or the next run."""
    keep_to_our_results()
    if words and words[0] != WAIT:
        return bootstrap.main(words)
    if words and not wait_for_run(words[1:]):
        return 0
    sys.argv = sys.argv[:1]
    sys.modules.pop("prefect.engine", None)  # imported as a module; this is the program
    runpy.run_module("prefect.engine", run_name="__main__", alter_sys=True)
    return 0


if __name__ == "__main__":
    sys.exit(carry_out(sys.argv[1:]))
