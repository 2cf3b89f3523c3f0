"""The words of GitHub and GitLab for the same things, and the rules of their configurations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from loadmaster.rehearsal.registry.structs import Struct, Text
from loadmaster.rehearsal.registry.trustpub.claims import ProviderRun, github_run, gitlab_run
from loadmaster.rehearsal.registry.trustpub.fields import check_github, check_gitlab
from loadmaster.rehearsal.registry.trustpub.keys import GITHUB, GITLAB
from loadmaster.rehearsal.registry.trustpub.matching import Config, Words


@dataclass(frozen=True)
class Provider:
    title: str
    issuer: str
    item: str
    """The JSON key of one configuration; with an `s`, that of several, their table, and their page."""
    struct: str
    """Its name in crates.io's code."""
    owner: str
    owner_id: str
    name: str
    workflow: str
    words: Words
    check: Callable[[str, str, str, str | None], None]
    read_run: Callable[[dict[str, Any]], ProviderRun]

    @property
    def request(self) -> Struct:
        texts = {field: Text() for field in ("crate", self.owner, self.name, self.workflow)}
        item = Struct(name=self.struct, fields=texts | {"environment": Text(may_be_null=True)})
        return Struct(name="CreateRequest", fields={self.item: item})

    def view(self, config: Config, crate: str) -> dict[str, Any]:
        number = config.owner_id if config.owner_id is None or self.issuer == GITLAB else int(config.owner_id)
        return {
            "id": config.id,
            "crate": crate,
            self.owner: config.owner,
            self.owner_id: number,
            self.name: config.name,
            self.workflow: config.workflow,
            "environment": config.environment,
            "created_at": config.created_at.isoformat().replace("+00:00", "Z"),
        }


GITHUB_ACTIONS = Provider(
    title="GitHub",
    issuer=GITHUB,
    item="github_config",
    struct="NewGitHubConfig",
    owner="repository_owner",
    owner_id="repository_owner_id",
    name="repository_name",
    workflow="workflow_filename",
    words=Words(owner_id="repository owner", workflow="filename"),
    check=check_github,
    read_run=github_run,
)
GITLAB_CI = Provider(
    title="GitLab",
    issuer=GITLAB,
    item="gitlab_config",
    struct="NewGitLabConfig",
    owner="namespace",
    owner_id="namespace_id",
    name="project",
    workflow="workflow_filepath",
    words=Words(owner_id="namespace", workflow="filepath"),
    check=check_gitlab,
    read_run=gitlab_run,
)
PROVIDERS = (GITHUB_ACTIONS, GITLAB_CI)
