"""What Prefect adds to one step: a name, retries, a cache key, an artifact. Named after the release checklist's phases."""
