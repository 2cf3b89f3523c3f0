"""What Prefect adds to a step: a name, retries, a cache key, an artifact. Named after the release checklist's phases."""
