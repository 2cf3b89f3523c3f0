"""The outside things that only the smoke test needs: the Docker engine and Debian's packages."""
