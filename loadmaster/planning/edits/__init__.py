"""Text in, text out: manifests, changelogs and Python packages, with every other byte kept."""
