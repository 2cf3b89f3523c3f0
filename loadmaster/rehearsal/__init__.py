"""The world made for rehearsals: a registry, a forge and a git remote on loopback, with scripted faults."""
