"""The requests about branches, tags, and what is written down about them: protection and rulesets."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.responses import JSONResponse, Response

from loadmaster.rehearsal.forge.front.addresses import Addresses, node_id
from loadmaster.rehearsal.forge.front.asked import ForgeAsked
from loadmaster.rehearsal.forge.front.front_door import ForgeEndpoint
from loadmaster.rehearsal.forge.front.listing import listed
from loadmaster.rehearsal.forge.front.refusals import ForgeJson, ForgeProblem, not_found
from loadmaster.rehearsal.forge.front.repository_shape import CREATED
from loadmaster.rehearsal.forge.front.rights import Needed
from loadmaster.rehearsal.forge.git_data import looking
from loadmaster.rehearsal.forge.git_data.looking import RefSeen
from loadmaster.rehearsal.forge.git_data.shapes import commit_json
from loadmaster.rehearsal.forge.memory.premises import Premises

READ = Needed("contents", "read")
ADMIN = Needed("administration", "read", only_admins=True)
BRANCH_RULES, TAG_RULES = 1, 2
"""The ids of the two rulesets."""


class BranchRoutes:
    def __init__(self, premises: Premises) -> None:
        self._premises, self._remote, self._scenario = premises, premises.remote, premises.scenario

    def endpoints(self) -> Iterator[ForgeEndpoint]:
        api = f"/repos/{self._premises.repository}"
        yield ForgeEndpoint("GET", f"{api}/branches", self._list, READ)
        yield ForgeEndpoint("GET", f"{api}/branches/{{branch:path}}/protection", self._show_protection, ADMIN)
        yield ForgeEndpoint("GET", f"{api}/branches/{{branch:path}}", self._show, READ)
        yield ForgeEndpoint("GET", f"{api}/tags", self._list_tags, READ)
        yield ForgeEndpoint("GET", f"{api}/rules/branches/{{branch:path}}", self._list_rules)
        yield ForgeEndpoint("GET", f"{api}/rulesets", self._list_rulesets)
        yield ForgeEndpoint("GET", f"{api}/rulesets/{{ruleset:int}}", self._show_ruleset)

    def _branches(self) -> tuple[RefSeen, ...]:
        return looking.refs(self._remote, "refs/heads/")

    def _is_protected(self, branch: str) -> bool:
        return self._scenario.protects_branch and branch == looking.default_branch(self._remote)

    def _require_branch(self, asked: ForgeAsked) -> RefSeen:
        found = looking.ref(self._remote, f"refs/heads/{asked.path['branch']}")
        if found is None:
            raise ForgeProblem(404, "Branch not found")
        return found

    def _list(self, asked: ForgeAsked) -> Response:
        def show(ref: RefSeen) -> ForgeJson:
            name = ref.name.removeprefix("refs/heads/")
            commit = {"sha": ref.object, "url": f"{asked.at.api}/commits/{ref.object}"}
            return {"name": name, "commit": commit, "protected": self._is_protected(name)}

        return listed(asked, self._branches(), show)

    def _list_tags(self, asked: ForgeAsked) -> Response:
        def show(ref: RefSeen) -> ForgeJson:
            name = ref.name.removeprefix("refs/tags/")
            sha = looking.commit_of(self._remote, ref.name)
            return {
                "name": name,
                "zipball_url": f"{asked.at.api}/zipball/{ref.name}",
                "tarball_url": f"{asked.at.api}/tarball/{ref.name}",
                "commit": {"sha": sha, "url": f"{asked.at.api}/commits/{sha}"},
                "node_id": node_id("Ref", ref.name),
            }

        return listed(asked, looking.refs(self._remote, "refs/tags/")[::-1], show)

    def _show(self, asked: ForgeAsked) -> Response:
        ref = self._require_branch(asked)
        name = ref.name.removeprefix("refs/heads/")
        here = f"{asked.at.api}/branches/{name}"
        is_protected = self._is_protected(name)
        contexts = list(self._scenario.required_checks) if is_protected else []
        return JSONResponse(
            {
                "name": name,
                "commit": commit_json(asked.at, looking.commit(self._remote, ref.object)),
                "_links": {"self": here, "html": f"{asked.at.pages}/tree/{name}"},
                "protected": is_protected,
                "protection": {
                    "enabled": is_protected and self._scenario.protection != "ruleset",
                    "required_status_checks": {
                        "enforcement_level": "everyone" if contexts else "off",
                        "contexts": contexts,
                        "checks": [{"context": each, "app_id": None} for each in contexts],
                    },
                },
                "protection_url": f"{here}/protection",
            }
        )

    def _show_protection(self, asked: ForgeAsked) -> Response:
        name = self._require_branch(asked).name.removeprefix("refs/heads/")
        if not self._is_protected(name) or self._scenario.protection == "ruleset":
            raise ForgeProblem(404, "Branch not protected")
        here, scenario = f"{asked.at.api}/branches/{name}/protection", self._scenario
        off = {"enabled": False}
        shown: ForgeJson = {
            "url": here,
            "required_signatures": {"url": f"{here}/required_signatures", "enabled": False},
            "enforce_admins": {"url": f"{here}/enforce_admins", "enabled": True},
            **dict.fromkeys(("required_linear_history", "allow_force_pushes", "allow_deletions"), off),
            **dict.fromkeys(("block_creations", "required_conversation_resolution", "lock_branch"), off),
            "allow_fork_syncing": off,
        }
        if scenario.required_checks:
            shown["required_status_checks"] = {
                "url": f"{here}/required_status_checks",
                "strict": scenario.requires_up_to_date,
                "contexts": list(scenario.required_checks),
                "contexts_url": f"{here}/required_status_checks/contexts",
                "checks": [{"context": each, "app_id": None} for each in scenario.required_checks],
            }
        if scenario.requires_pull_request or scenario.approvals:
            shown["required_pull_request_reviews"] = {
                "url": f"{here}/required_pull_request_reviews",
                "dismiss_stale_reviews": False,
                "require_code_owner_reviews": False,
                "require_last_push_approval": False,
                "required_approving_review_count": scenario.approvals.required if scenario.approvals else 0,
            }
        return JSONResponse(shown)

    def _rules_of_branch(self) -> list[ForgeJson]:
        """Of the release branch, as in a ruleset."""
        scenario = self._scenario
        rules: list[ForgeJson] = [{"type": "deletion"}, {"type": "non_fast_forward"}]
        if scenario.protection == "classic":
            return rules
        if scenario.requires_pull_request or scenario.approvals:
            parameters = {
                "required_approving_review_count": scenario.approvals.required if scenario.approvals else 0,
                "dismiss_stale_reviews_on_push": False,
                "require_code_owner_review": False,
                "require_last_push_approval": False,
                "required_review_thread_resolution": False,
                "allowed_merge_methods": list(scenario.merge_methods),
            }
            rules.append({"type": "pull_request", "parameters": parameters})
        if scenario.required_checks:
            checks = [{"context": each} for each in scenario.required_checks]
            parameters = {
                "strict_required_status_checks_policy": scenario.requires_up_to_date,
                "do_not_enforce_on_create": False,
                "required_status_checks": checks,
            }
            rules.append({"type": "required_status_checks", "parameters": parameters})
        return rules

    def _list_rules(self, asked: ForgeAsked) -> Response:
        """What applies to a branch, whether it is there or not."""
        if asked.path["branch"] != looking.default_branch(self._remote):
            return listed(asked, [], lambda each: each)
        source = {
            "ruleset_source_type": "Repository",
            "ruleset_source": asked.at.repository,
            "ruleset_id": BRANCH_RULES,
        }
        return listed(asked, self._rules_of_branch(), lambda each: each | source)

    def _rulesets(self, at: Addresses) -> list[ForgeJson]:
        """Without their rules, as in the list."""
        named = {BRANCH_RULES: ("The release branch", "branch")}
        if self._scenario.forbidden_tags:
            named[TAG_RULES] = ("Tags that nobody creates", "tag")
        return [
            {
                "id": number,
                "name": name,
                "target": target,
                "source_type": "Repository",
                "source": at.repository,
                "enforcement": "active",
                "node_id": node_id("RepositoryRuleset", number),
                "_links": {
                    "self": {"href": f"{at.api}/rulesets/{number}"},
                    "html": {"href": f"{at.pages}/rules/{number}"},
                },
                "created_at": CREATED,
                "updated_at": CREATED,
            }
            for number, (name, target) in named.items()
        ]

    def _list_rulesets(self, asked: ForgeAsked) -> Response:
        wanted = [target for target in asked.query("targets").split(",") if target]
        found = [each for each in self._rulesets(asked.at) if not wanted or each["target"] in wanted]
        return listed(asked, found, lambda each: each)

    def _show_ruleset(self, asked: ForgeAsked) -> Response:
        for found in self._rulesets(asked.at):
            if found["id"] == asked.path["ruleset"]:
                is_branch = found["id"] == BRANCH_RULES
                names = ["~DEFAULT_BRANCH"] if is_branch else [f"refs/tags/{p}" for p in self._scenario.forbidden_tags]
                return JSONResponse(
                    found
                    | {
                        "conditions": {"ref_name": {"include": names, "exclude": []}},
                        "rules": self._rules_of_branch() if is_branch else [{"type": "creation"}],
                        "bypass_actors": [],
                        "current_user_can_bypass": "never",
                    }
                )
        raise not_found()
