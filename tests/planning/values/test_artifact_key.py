"""Prefect's own check of an artifact's key, asked of names that a profile may have."""

from __future__ import annotations

import pytest
from prefect.artifacts import MarkdownArtifact

from loadmaster.planning.values.artifact_key import artifact_key


@pytest.mark.parametrize(
    ("project", "key"),
    [
        ("demo", "demo-plan"),
        ("parking_lot", "parking-lot-plan"),
        ("criterion.rs", "criterion-rs-plan"),
        ("My ship", "my-ship-plan"),
        ("船", "plan"),
    ],
)
def test_a_projects_artifacts_have_keys_that_prefect_takes(project: str, key: str) -> None:
    assert MarkdownArtifact(key=artifact_key(project, "plan"), markdown="").key == key
