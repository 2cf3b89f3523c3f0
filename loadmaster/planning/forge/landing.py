"""How far a pull request is on its way to the release branch: what it waits for, or why it will not get there.

Decides from answers of the forge. A commit has landed when the branch has its tree: squashing and rebasing give it another id.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from loadmaster.planning.forge.answered import ForgeRepository, ForgeRule
from loadmaster.planning.forge.pulls import PASSED, CheckRun, CommitStatus, PullRequest
from loadmaster.planning.profile.ci_style import Landing, LandingWay, MergeMethod
from loadmaster.planning.values.value import Value


class CheckStanding(Value):
    """A check or a status of a commit, by one word: they have different answers, and count alike."""

    name: str
    is_over: bool
    passed: bool


class PullSight(Value):
    """One look at a pull request."""

    pull: PullRequest
    checks: tuple[CheckStanding, ...] = ()
    required: tuple[str, ...] = ()
    """Names of the checks that the branch's rules require."""
    tip: str
    """The commit of the release branch."""

    @property
    def failed(self) -> tuple[str, ...]:
        """The required checks that failed."""
        return tuple(check.name for check in self._counting if check.is_over and not check.passed)

    @property
    def awaited(self) -> tuple[str, ...]:
        """The required checks that are not over, or have not begun."""
        over = {check.name for check in self._counting if check.is_over}
        begun = {check.name for check in self._counting}
        return tuple(sorted((set(self.required) | begun) - over))

    @property
    def _counting(self) -> tuple[CheckStanding, ...]:
        """The required ones; where nothing says which are, all."""
        return tuple(check for check in self.checks if not self.required or check.name in self.required)

    @property
    def can_merge(self) -> bool:
        return self.pull.mergeable is True and self.pull.mergeable_state in ("clean", "unstable", "has_hooks")

    def waits_for(self, method: MergeMethod) -> str | None:
        """What it waits for, in words; None if it can be merged now."""
        if self.awaited:
            return f"checks: {', '.join(f'`{name}`' for name in self.awaited)}"
        if method is MergeMethod.PERSON:
            return "a person who merges it"
        if self.can_merge:
            return None
        if self.pull.mergeable_state == "blocked":
            return "an approval, or another rule of the branch"
        return "the forge to say whether it can be merged"


def checks_seen(runs: Iterable[CheckRun], statuses: Iterable[CommitStatus]) -> tuple[CheckStanding, ...]:
    """By name; of several of one name the last."""
    seen = {
        run.name: CheckStanding(name=run.name, is_over=run.status == "completed", passed=run.conclusion in PASSED)
        for run in runs
    }
    for status in statuses:
        over = status.state != "pending"
        seen[status.context] = CheckStanding(name=status.context, is_over=over, passed=status.state == "success")
    return tuple(seen.values())


class BranchRules(Value):
    """What the rules of the release branch say, as far as this token may read them."""

    needs_pull: bool = False
    required: tuple[str, ...] = ()
    """Names of the checks."""
    methods: tuple[str, ...] = ()
    """The ways to merge that they allow; () for all."""
    signed: bool = False


def branch_rules(rules: Sequence[ForgeRule], protection: dict[str, object] | None) -> BranchRules:
    """Of rulesets and the classic protection together."""
    kinds = {rule.type for rule in rules}
    classic = protection or {}
    checks = classic.get("required_status_checks")
    contexts = checks.get("contexts") if isinstance(checks, dict) else None
    named = [name for rule in rules for name in rule.checks] + [str(name) for name in contexts or ()]
    methods = [set(rule.merge_methods) for rule in rules if rule.merge_methods]
    signatures = classic.get("required_signatures")
    return BranchRules(
        needs_pull="pull_request" in kinds or isinstance(classic.get("required_pull_request_reviews"), dict),
        required=tuple(dict.fromkeys(named)),
        methods=tuple(sorted(set.intersection(*methods))) if methods else (),
        signed="required_signatures" in kinds or (isinstance(signatures, dict) and signatures.get("enabled") is True),
    )


def contradictions(landing: Landing, rules: BranchRules, repository: ForgeRepository) -> tuple[str, ...]:
    """Why the release commit cannot land in the profile's way, as far as the rules tell before it is tried."""
    if landing.way is LandingWay.PUSH:
        told = []
        if rules.needs_pull:
            told.append("its rules let changes in only by a pull request")
        if rules.required:
            names = ", ".join(f"`{name}`" for name in rules.required)
            told.append(f"its rules want the checks {names} to have passed on a commit that nobody has seen before")
        return tuple(told)
    if landing.method is MergeMethod.PERSON:
        return ()
    allowed = {
        MergeMethod.SQUASH: repository.allow_squash_merge,
        MergeMethod.MERGE: repository.allow_merge_commit,
        MergeMethod.REBASE: repository.allow_rebase_merge,
    }
    told = []
    if allowed[landing.method] is False:
        told.append(f"the repository does not allow to merge by `{landing.method}`")
    if rules.methods and landing.method not in rules.methods:
        told.append(f"its rules allow to merge by {', '.join(f'`{name}`' for name in rules.methods)} only")
    return tuple(told)


def pull_body(plan_markdown: str, notes: str) -> str:
    """The text of the pull request. GitHub takes 65 536 characters."""
    text = f"{notes.strip()}\n\n<details><summary>The plan</summary>\n\n{plan_markdown.strip()}\n\n</details>\n"
    return text if len(text) <= MOST else f"{text[:MOST]}\n\n… (cut off: the forge takes no longer text)\n"


MOST = 60_000
