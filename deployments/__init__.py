"""Where and when flows run. `prefect.yaml` says it in Prefect's own words; here are the names that code needs of it."""

REHEARSE = "rehearse/rehearse"
"""Flow and deployment, as Prefect's API wants them."""

RELEASE = "release/release"

WORK_POOL = "loadmaster"
"""A process pool: its worker runs each flow in a process of its own on the machine that it was started on."""
