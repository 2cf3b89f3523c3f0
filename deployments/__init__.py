"""Where and when flows run. `prefect.yaml` says it in Prefect's own words; here are the names that code needs of it."""

REHEARSE = "rehearse/rehearse"
"""Flow and deployment, as Prefect's API wants them."""

RELEASE = "release/release"
