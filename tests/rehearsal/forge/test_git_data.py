"""Refs, commits, files and rules as the API shows them, and what the git remote refuses by the same rules."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from loadmaster.clients.git.command import ask, text
from loadmaster.errors.git import PushProtected
from loadmaster.rehearsal.forge_scenario import ApprovedAfter, ForgeScenario
from tests.kit.forges import ServedForge, served_forge

PROTECTED = ForgeScenario(requires_pull_request=True, required_checks=("ci", "lint"), approvals=ApprovedAfter())


@pytest.fixture
def hangar(tmp_path: Path) -> Iterator[ServedForge]:
    with served_forge(tmp_path) as served:
        served.tag("v1.0.0")
        yield served


class TestRefs:
    def test_a_branch_is_made_moved_and_deleted(self, hangar: ServedForge) -> None:
        first = hangar.get("commits/main")["sha"]
        second = hangar.commit("new", "1")
        hangar.push("main:refs/heads/main")
        made = hangar.ask("POST", "git/refs", 201, json={"ref": "refs/heads/release/1", "sha": second})
        assert made["object"] == {"sha": second, "type": "commit", "url": made["object"]["url"]}
        assert hangar.get("git/ref/heads/release/1") == made
        again = hangar.ask("POST", "git/refs", 422, json={"ref": "refs/heads/release/1", "sha": second})
        assert again["message"] == "Reference already exists"
        back = hangar.ask("PATCH", "git/refs/heads/release/1", 422, json={"sha": first})
        assert back["message"] == "Update is not a fast forward"
        moved = hangar.ask("PATCH", "git/refs/heads/release/1", 200, json={"sha": first, "force": True})
        assert moved["object"]["sha"] == first
        assert [each["ref"] for each in hangar.get("git/matching-refs/heads/rel")] == ["refs/heads/release/1"]
        hangar.ask("DELETE", "git/refs/heads/release/1", 204)
        assert hangar.ask("DELETE", "git/refs/heads/release/1", 422)["message"] == "Reference does not exist"
        hangar.get("git/ref/heads/release/1", 404)

    @pytest.mark.parametrize(
        ("body", "told"),
        [
            ({}, '"ref" wasn\'t supplied'),
            ({"ref": "refs/heads/x"}, '"sha" wasn\'t supplied'),
            ({"ref": "x", "sha": "1" * 40}, "Reference name must start with 'refs/'"),
            ({"ref": "refs/heads/x", "sha": "1" * 40}, "Object does not exist"),
        ],
    )
    def test_a_broken_request_is_refused(self, hangar: ServedForge, body: dict[str, str], told: str) -> None:
        assert told in hangar.ask("POST", "git/refs", 422, json=body)["message"]

    def test_what_a_remote_protects_the_api_protects(self, hangar: ServedForge) -> None:
        sha = hangar.get("commits/main")["sha"]
        deleted = hangar.ask("DELETE", "git/refs/heads/main", 422)
        assert deleted["message"] == "Cannot delete this branch"
        tag = hangar.ask("PATCH", "git/refs/tags/v1.0.0", 422, json={"sha": sha, "force": True})
        assert tag["message"] == "Repository rule violations found\n\nCannot update this protected ref.\n\n"
        assert "Cannot delete this tag" in hangar.ask("DELETE", "git/refs/tags/v1.0.0", 422)["message"]

    def test_an_annotated_tag_is_shown_by_its_object(self, hangar: ServedForge) -> None:
        ref = hangar.get("git/ref/tags/v1.0.0")
        assert ref["object"]["type"] == "tag"
        tag = hangar.get(f"git/tags/{ref['object']['sha']}")
        assert (tag["tag"], tag["tagger"]["name"], tag["object"]["sha"]) == (
            "v1.0.0",
            "Ada",
            hangar.get("commits/main")["sha"],
        )
        hangar.get(f"git/tags/{tag['object']['sha']}", 404)


class TestCommits:
    def test_commits_are_listed_compared_and_shown(self, hangar: ServedForge) -> None:
        first = hangar.get("commits/main")["sha"]
        second = hangar.commit("dir/new", "1\n2\n", "Add new\n\nMore.")
        hangar.push("main:refs/heads/main")
        assert [each["sha"] for each in hangar.get("commits", sha="main", per_page=1)] == [second]
        assert [each["sha"] for each in hangar.get("commits", path="README.md")] == [first]
        shown = hangar.get(f"commits/{second}")
        assert (shown["stats"]["additions"], shown["files"][0]["filename"]) == (2, "dir/new")
        assert hangar.get(f"git/commits/{second}")["message"] == "Add new\n\nMore."
        compared = hangar.get(f"compare/{first}...main")
        assert (compared["status"], compared["ahead_by"], compared["behind_by"]) == ("ahead", 1, 0)
        assert hangar.get("compare/main...v1.0.0")["status"] == "behind"
        assert hangar.get("compare/main...main")["status"] == "identical"
        hangar.get("compare/main...nowhere", 404)
        hangar.get("commits/nowhere", 422)

    def test_files_are_shown(self, hangar: ServedForge) -> None:
        file = hangar.get("contents/README.md", ref="v1.0.0")
        assert (file["encoding"], file["content"]) == ("base64", "IyBIYW5nYXIK\n")
        folder = hangar.http.get("/repos/ada/hangar/contents/.github/workflows").json()
        assert [each["name"] for each in folder] == ["release.yml"]
        hangar.get("contents/none", 404)
        hangar.get("contents/README.md", 404, ref="nowhere")


class TestRules:
    def test_a_branch_without_rules(self, hangar: ServedForge) -> None:
        assert hangar.get("branches/main")["protected"] is False
        assert hangar.get("branches/main/protection", 404)["message"] == "Branch not protected"
        assert hangar.get("branches/none", 404)["message"] == "Branch not found"
        assert [each["type"] for each in hangar.get("rules/branches/main")] == ["deletion", "non_fast_forward"]
        assert hangar.get("rules/branches/other") == []
        assert [each["name"] for each in hangar.get("tags")] == ["v1.0.0"]

    def test_rules_are_written_down(self, tmp_path: Path) -> None:
        with served_forge(tmp_path, PROTECTED) as hangar:
            rules = {each["type"]: each.get("parameters") for each in hangar.get("rules/branches/main")}
            assert rules["pull_request"]["required_approving_review_count"] == 1
            checks = rules["required_status_checks"]["required_status_checks"]
            assert [each["context"] for each in checks] == ["ci", "lint"]
            protection = hangar.get("branches/main/protection")
            assert protection["required_status_checks"]["contexts"] == ["ci", "lint"]
            assert hangar.get("branches/main")["protected"]
            (ruleset,) = hangar.get("rulesets")
            assert hangar.get(f"rulesets/{ruleset['id']}")["target"] == "branch"

    @pytest.mark.parametrize(
        ("protection", "code", "shown"), [("classic", "GH006", 200), ("ruleset", "GH013", 404), ("both", "GH006", 200)]
    )
    def test_the_remote_refuses_in_the_words_of_what_is_written_down(
        self, tmp_path: Path, protection: str, code: str, shown: int
    ) -> None:
        scenario = PROTECTED.model_copy(update={"protection": protection})
        with served_forge(tmp_path, scenario) as hangar:
            hangar.get("branches/main/protection", shown)
            hangar.commit("direct", "1")
            with pytest.raises(PushProtected) as refused:
                hangar.push("main:refs/heads/main")
            for words in (
                code,
                "Changes must be made through a pull request.",
                "2 of 2 required status checks are expected.",
            ):
                assert words in str(refused.value)
            hangar.push("main:refs/heads/other")

    def test_one_check_is_named(self, tmp_path: Path) -> None:
        with served_forge(tmp_path, ForgeScenario(required_checks=("ci",))) as hangar:
            sha = hangar.commit("direct", "1")
            with pytest.raises(PushProtected, match='Required status check "ci" is expected'):
                hangar.push("main:refs/heads/main")
            hangar.push("main:refs/heads/other")
            hangar.ask("POST", f"statuses/{sha}", 201, json={"state": "success", "context": "ci"})
            hangar.push("main:refs/heads/main")

    def test_a_forbidden_tag_is_neither_pushed_nor_made(self, tmp_path: Path) -> None:
        with served_forge(tmp_path, ForgeScenario(forbidden_tags=("v*",))) as hangar:
            hangar.tag("v1.0.0", push=False)
            pushed = ask(hangar.clone, "push", "origin", "refs/tags/v1.0.0")
            assert "GH013: Repository rule violations found for refs/tags/v1.0.0." in pushed.complaint
            assert "Cannot create ref due to creations being restricted." in pushed.complaint
            sha = text(hangar.clone, "rev-parse", "HEAD")
            refused = hangar.ask("POST", "git/refs", 422, json={"ref": "refs/tags/v1.0.0", "sha": sha})
            assert "creations being restricted" in refused["message"]
            draft = hangar.ask("POST", "releases", 201, json={"tag_name": "v1.0.0", "draft": True})
            published = hangar.ask("PATCH", f"releases/{draft['id']}", 422, json={"draft": False})
            assert published["errors"][0]["field"] == "pre_receive"
            hangar.tag("nightly")
            assert [each["target"] for each in hangar.get("rulesets", targets="tag")] == ["tag"]
            assert hangar.get("rulesets/2")["rules"] == [{"type": "creation"}]
