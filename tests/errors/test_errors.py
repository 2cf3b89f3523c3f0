"""The catalogue as a person and as Prefect meet it: every class, made with an example of what it is about."""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import pytest

from loadmaster import errors
from loadmaster.errors import LoadmasterError, UsageError, is_worth_retrying
from loadmaster.planning.registry.seen import Lint

URL = "https://registry.example/index/ha/ng/hangar"
TOLD = "it said no"
WHEN = datetime(2026, 7, 25, 12, 35, 41, tzinfo=UTC)
LINT = Lint(ran=True, passed=False, why=TOLD, findings=("`src/lib.rs`:1:1: error: one",))

EXAMPLES: Mapping[type[LoadmasterError], Callable[[], LoadmasterError]] = {
    errors.AlreadyUploaded: lambda: errors.AlreadyUploaded("hangar@1.0.0", 400, TOLD),
    errors.AssetDifferent: lambda: errors.AssetDifferent("SHA256SUMS", "aa", "bb"),
    errors.BumpInterrupted: lambda: errors.BumpInterrupted("hangar", ".loadmaster-bump"),
    errors.BumpRefused: lambda: errors.BumpRefused("Cargo.lock", TOLD),
    errors.ByteOrderMark: lambda: errors.ByteOrderMark("Cargo.toml"),
    errors.CargoFailed: lambda: errors.CargoFailed("cargo package", 101, TOLD),
    errors.CargoMissing: lambda: errors.CargoMissing(TOLD),
    errors.CargoTooOld: lambda: errors.CargoTooOld("1.70.0", "1.90.0"),
    errors.ChangelogHeadings: lambda: errors.ChangelogHeadings("1.0.0", [3, 9]),
    errors.ChecksumMismatch: lambda: errors.ChecksumMismatch("hangar@1.0.0", "aa", "bb"),
    errors.ClippyFailed: lambda: errors.ClippyFailed(LINT),
    errors.CrateFileBroken: lambda: errors.CrateFileBroken("`hangar-1.0.0.crate`", "it is cut short"),
    errors.CrateMissingFromPackage: lambda: errors.CrateMissingFromPackage("hangar", "hangar-1.0.0.crate"),
    errors.CrateTaken: lambda: errors.CrateTaken("hangar@1.0.0", ["src/lib.rs"]),
    errors.CratesNotPublished: lambda: errors.CratesNotPublished({"units@1.0.0": TOLD}, ["hangar@1.0.0"]),
    errors.DependencyCycle: lambda: errors.DependencyCycle(["hangar", "units", "hangar"]),
    errors.DeploymentUnknown: lambda: errors.DeploymentUnknown("release/x", ["release/release"]),
    errors.DeploymentsNotApplied: lambda: errors.DeploymentsNotApplied(TOLD),
    errors.DirectoryTaken: lambda: errors.DirectoryTaken("checkout"),
    errors.DailyLimitReached: lambda: errors.DailyLimitReached("hangar@1.0.0", TOLD),
    errors.DiskFull: lambda: errors.DiskFull("packaging"),
    errors.ExchangeRefused: lambda: errors.ExchangeRefused(URL, 400, TOLD),
    errors.FaultScriptBroken: lambda: errors.FaultScriptBroken("faults.toml", TOLD),
    errors.FileOfTwoNames: lambda: errors.FileOfTwoNames("CHANGELOG.md", "crates/a/CHANGELOG.md"),
    errors.FileRuleUnmatched: lambda: errors.FileRuleUnmatched("README.md", "v{version}", [3, 9]),
    errors.FileRuleWithoutPackage: lambda: errors.FileRuleWithoutPackage("README.md"),
    errors.FileUnreadable: lambda: errors.FileUnreadable("Cargo.toml", "Permission denied"),
    errors.FilesNotWritten: lambda: errors.FilesNotWritten("Cargo.toml", TOLD),
    errors.ForgeAlreadyThere: lambda: errors.ForgeAlreadyThere(URL, TOLD),
    errors.ForgeAnswerUnreadable: lambda: errors.ForgeAnswerUnreadable(URL, TOLD),
    errors.ForgeForbidden: lambda: errors.ForgeForbidden(URL, TOLD),
    errors.ForgeLacksTag: lambda: errors.ForgeLacksTag("v1.0.0"),
    errors.ForgeNotFound: lambda: errors.ForgeNotFound(URL, TOLD),
    errors.ForgeRateLimited: lambda: errors.ForgeRateLimited(URL, WHEN, TOLD),
    errors.ForgeRefused: lambda: errors.ForgeRefused(URL, TOLD),
    errors.ForgeUnauthorized: lambda: errors.ForgeUnauthorized(URL, TOLD),
    errors.ForgeUnreachable: lambda: errors.ForgeUnreachable(URL, TOLD),
    errors.GatesClosed: lambda: errors.GatesClosed(["`CHANGELOG.md`: has no heading", "`Cargo.lock`: is stale"]),
    errors.GivenCrateBroken: lambda: errors.GivenCrateBroken("hangar.crate", TOLD),
    errors.GitDenied: lambda: errors.GitDenied("git@forge.example:ada/hangar", TOLD),
    errors.GitFailed: lambda: errors.GitFailed("git gc", "checkout", TOLD),
    errors.GitMissing: lambda: errors.GitMissing(),
    errors.GitRemoteMissing: lambda: errors.GitRemoteMissing("ada/hangar", TOLD),
    errors.GitRemoteUnreachable: lambda: errors.GitRemoteUnreachable("ada/hangar", TOLD),
    errors.IdentityMissing: lambda: errors.IdentityMissing(["ACTIONS_ID_TOKEN_REQUEST_URL"]),
    errors.IdentityRefused: lambda: errors.IdentityRefused(URL, 403, TOLD),
    errors.IdentityUnavailable: lambda: errors.IdentityUnavailable(URL, TOLD),
    errors.InheritedVersionsDisagree: lambda: errors.InheritedVersionsDisagree("Cargo.toml", {"a": "1.0.0"}),
    errors.InstalledVersionWrong: lambda: errors.InstalledVersionWrong("hangar", "1.0.0", "hangar 0.9.0"),
    errors.KeptCrateBroken: lambda: errors.KeptCrateBroken("hangar@1.0.0", "aa"),
    errors.LinkOutOfTree: lambda: errors.LinkOutOfTree("crates/wing", "Cargo.toml"),
    errors.LiveWorldRefused: lambda: errors.LiveWorldRefused(),
    errors.LockfileBroken: lambda: errors.LockfileBroken("Cargo.lock", 7, "two packages `hangar`"),
    errors.LockfileFormat: lambda: errors.LockfileFormat("Cargo.lock", "2"),
    errors.LockfileNotToml: lambda: errors.LockfileNotToml("Cargo.lock", TOLD),
    errors.MalformedRequirement: lambda: errors.MalformedRequirement("=>1"),
    errors.MalformedVersion: lambda: errors.MalformedVersion("v1"),
    errors.ManifestIncomplete: lambda: errors.ManifestIncomplete("Cargo.toml", "its `[package]` has no `name`"),
    errors.ManifestNotKept: lambda: errors.ManifestNotKept("Cargo.toml"),
    errors.MemberOutOfTree: lambda: errors.MemberOutOfTree("Cargo.toml", "../shared"),
    errors.RootNotAtTop: lambda: errors.RootNotAtTop("hangar/crates/wing", "hangar"),
    errors.MemberMissing: lambda: errors.MemberMissing("Cargo.toml", "crates/*"),
    errors.MergeMarkers: lambda: errors.MergeMarkers("Cargo.lock", 4),
    errors.NoStackRunning: lambda: errors.NoStackRunning("home"),
    errors.NotARepository: lambda: errors.NotARepository("checkout", TOLD),
    errors.NotAWorkspace: lambda: errors.NotAWorkspace("demo", TOLD),
    errors.NotAFile: lambda: errors.NotAFile("Cargo.lock", "a directory"),
    errors.NotToml: lambda: errors.NotToml("Cargo.toml", TOLD),
    errors.NotesNotProposed: lambda: errors.NotesNotProposed(TOLD),
    errors.NotUtf8: lambda: errors.NotUtf8("Cargo.toml", 3),
    errors.NotObserved: lambda: errors.NotObserved("The tag `v1.0.0`", "ada/hangar"),
    errors.NotPublished: lambda: errors.NotPublished(["hangar@1.0.0"], 120.0),
    errors.NotVisible: lambda: errors.NotVisible(["hangar@1.0.0"], 120.0),
    errors.NothingToCommit: lambda: errors.NothingToCommit("checkout"),
    errors.NothingToPublish: lambda: errors.NothingToPublish("demo"),
    errors.ParametersRefused: lambda: errors.ParametersRefused("release/release", TOLD),
    errors.PortTaken: lambda: errors.PortTaken(8080),
    errors.PrefectRefused: lambda: errors.PrefectRefused("POST /runs", TOLD),
    errors.PrefectUnreachable: lambda: errors.PrefectUnreachable(URL, TOLD),
    errors.ProfileThere: lambda: errors.ProfileThere("projects/demo.toml"),
    errors.ProfileBroken: lambda: errors.ProfileBroken("demo.toml", [TOLD]),
    errors.PushForced: lambda: errors.PushForced("+main:main"),
    errors.PushNotFastForward: lambda: errors.PushNotFastForward("refs/heads/main", "ada/hangar", TOLD),
    errors.PushProtected: lambda: errors.PushProtected("refs/heads/main", "ada/hangar", TOLD),
    errors.PushRefused: lambda: errors.PushRefused("refs/heads/main", "ada/hangar", TOLD),
    errors.RateLimited: lambda: errors.RateLimited("hangar@1.0.0", WHEN, TOLD),
    errors.RegistryUnreachable: lambda: errors.RegistryUnreachable(URL, TOLD),
    errors.ReleaseLocked: lambda: errors.ReleaseLocked("4711"),
    errors.RemoteTagExists: lambda: errors.RemoteTagExists("refs/tags/v1.0.0", "ada/hangar", TOLD),
    errors.RequestMoved: lambda: errors.RequestMoved("demo 1.0.0", "demo 1.1.0"),
    errors.RequirementCannotFollow: lambda: errors.RequirementCannotFollow("Cargo.toml", "units", "<1", "1.0.0"),
    errors.RunWithoutReceipt: lambda: errors.RunWithoutReceipt("a1b2", TOLD),
    errors.CorpusBroken: lambda: errors.CorpusBroken("010-tokens/001-none.toml", ["`answer.status`: is missing"]),
    errors.ServerNotAsked: lambda: errors.ServerNotAsked("http://127.0.0.1:1", "010-tokens/001-none", "ConnectError"),
    errors.ScenarioBroken: lambda: errors.ScenarioBroken("scenario.toml", ["`users.0.logn`: is no field"]),
    errors.SecretBlockMissing: lambda: errors.SecretBlockMissing("registry-token"),
    errors.SecretBlockUnread: lambda: errors.SecretBlockUnread("registry-token", TOLD),
    errors.StackDidNotStart: lambda: errors.StackDidNotStart("server", 60, "server.log", TOLD),
    errors.AptFailed: lambda: errors.AptFailed("apt-get update", "forky", TOLD),
    errors.AptMissing: lambda: errors.AptMissing("there is no `apt-get`"),
    errors.EngineAbsent: lambda: errors.EngineAbsent("unix:///run/docker.sock", TOLD),
    errors.EngineCannotStart: lambda: errors.EngineCannotStart("unix:///run/docker.sock", TOLD),
    errors.EngineForbidden: lambda: errors.EngineForbidden("unix:///run/docker.sock"),
    errors.EngineGone: lambda: errors.EngineGone("unix:///run/docker.sock", TOLD),
    errors.EngineHanging: lambda: errors.EngineHanging("unix:///run/docker.sock", 10.0),
    errors.EngineImageMissing: lambda: errors.EngineImageMissing("loadmaster-smoke:aa", "unix:///run/docker.sock"),
    errors.EngineLacksCapability: lambda: errors.EngineLacksCapability("unix:///run/docker.sock", TOLD),
    errors.EngineRefused: lambda: errors.EngineRefused("unix:///run/docker.sock", 500, TOLD),
    errors.SmokeDeadlinePassed: lambda: errors.SmokeDeadlinePassed("vm", 60, TOLD),
    errors.SmokeKernelUnknown: lambda: errors.SmokeKernelUnknown("5.4", ["6.1", "6.12"]),
    errors.SmokeLibraryMissing: lambda: errors.SmokeLibraryMissing("assay", TOLD),
    errors.SmokeMachineBroke: lambda: errors.SmokeMachineBroke("6.12", 0, TOLD),
    errors.SmokeOutOfMemory: lambda: errors.SmokeOutOfMemory("vm", 100),
    errors.SmokePayloadNotBuilt: lambda: errors.SmokePayloadNotBuilt(TOLD),
    errors.SmokeArchiveRefused: lambda: errors.SmokeArchiveRefused("hangar.tar.gz", TOLD),
    errors.SmokeAssetMissing: lambda: errors.SmokeAssetMissing("hangar.tar.gz", "v1.0.0", ["SHA256SUMS"]),
    errors.SmokeChecksumDiffers: lambda: errors.SmokeChecksumDiffers("hangar.tar.gz", "`SHA256SUMS`", "aa", "bb"),
    errors.SmokeChecksumMissing: lambda: errors.SmokeChecksumMissing("hangar.tar.gz"),
    errors.SmokeFileMissing: lambda: errors.SmokeFileMissing("hangar.o"),
    errors.SmokeProgramForeign: lambda: errors.SmokeProgramForeign(
        "hangar", "an object for `bpf`", "a program for `x86_64`"
    ),
    errors.SmokeProgramMissing: lambda: errors.SmokeProgramMissing("hangar.tar.gz", "hangar", ["README.md"]),
    errors.SmokeSubjectUnknown: lambda: errors.SmokeSubjectUnknown("demo"),
    errors.SmokeVersionsDiffer: lambda: errors.SmokeVersionsDiffer("hangar", "1.0.0", "0.9.0"),
    errors.SmokeRunNotFound: lambda: errors.SmokeRunNotFound("smoke.yml", "5f0c", 120.0),
    errors.SmokeWorkflowMissing: lambda: errors.SmokeWorkflowMissing("smoke.yml", TOLD),
    errors.SmokeWorkflowRefused: lambda: errors.SmokeWorkflowRefused("smoke.yml", TOLD),
    errors.SmokeNotPassed: lambda: errors.SmokeNotPassed("not-enforced", "the probe on 6.12", TOLD),
    errors.SmokeRunLate: lambda: errors.SmokeRunLate("grey-owl", 60.0, "Scheduled"),
    errors.SmokeRunLost: lambda: errors.SmokeRunLost("grey-owl", "Crashed", TOLD),
    errors.TagMissing: lambda: errors.TagMissing("v1.0.0"),
    errors.TagTaken: lambda: errors.TagTaken("v1.0.0", "aa", "bb"),
    errors.TokenMissing: lambda: errors.TokenMissing(["LOADMASTER_REGISTRY_TOKEN", "CARGO_REGISTRY_TOKEN"]),
    errors.TreeMissing: lambda: errors.TreeMissing("tree"),
    errors.TreeNotJudged: lambda: errors.TreeNotJudged(errors.MemberMissing("Cargo.toml", "crates/wing")),
    errors.TwoMembers: lambda: errors.TwoMembers("wing", ["a/Cargo.toml", "b/Cargo.toml"]),
    errors.TokenNotRevoked: lambda: errors.TokenNotRevoked(URL, TOLD),
    errors.TokenUnusable: lambda: errors.TokenUnusable("`LOADMASTER_REGISTRY_TOKEN`", "it has a line break"),
    errors.UnknownCommit: lambda: errors.UnknownCommit("source.git", "abc1234"),
    errors.PatternTooSlow: lambda: errors.PatternTooSlow("README.md", "(a+)+{version}", 5.0),
    errors.PackageNamedTwice: lambda: errors.PackageNamedTwice("units", ["1.0.0", "2.0.0"]),
    errors.TreeBusy: lambda: errors.TreeBusy("hangar"),
    errors.UnknownProject: lambda: errors.UnknownProject("nope", ["demo"]),
    errors.UploadRefused: lambda: errors.UploadRefused("hangar@1.0.0", 403, TOLD),
    errors.UpstreamChecksumMismatch: lambda: errors.UpstreamChecksumMismatch("hangar", "1.0.0", URL),
    errors.UpstreamUnreachable: lambda: errors.UpstreamUnreachable(URL, TOLD),
    errors.NoSuchPackage: lambda: errors.NoSuchPackage(["tail"], ["hangar", "units"]),
    errors.VersionTooLong: lambda: errors.VersionTooLong("1.0.0-" + "a" * 300, 184),
    errors.VersionsByName: lambda: errors.VersionsByName("hangar=1.0.0"),
    errors.VersionsDisagree: lambda: errors.VersionsDisagree({"hangar": "1.0.0", "units": "0.9.0"}),
    errors.WrongRequest: lambda: errors.WrongRequest(["`as_of`: no instant"]),
    errors.YankLimited: lambda: errors.YankLimited("hangar@1.0.0", WHEN, TOLD),
    errors.YankNotConfirmed: lambda: errors.YankNotConfirmed("1.0.0", None),
    errors.YankRefused: lambda: errors.YankRefused("hangar@1.0.0", 403, TOLD),
}
BASES = {LoadmasterError, UsageError}
MACHINE_WORDS = ("Traceback", "Exception", "Error:", "errno", " at 0x", "<class", "None", "()", "[]")


def catalogue() -> set[type[LoadmasterError]]:
    defined = {each for _, each in inspect.getmembers(errors, inspect.isclass) if issubclass(each, LoadmasterError)}
    return defined - BASES


def test_every_class_has_an_example_here() -> None:
    missing = sorted(each.__name__ for each in catalogue() - EXAMPLES.keys())
    assert not missing, f"add a row to EXAMPLES in tests/errors/test_errors.py for: {', '.join(missing)}"


@pytest.mark.parametrize("kind", EXAMPLES, ids=lambda kind: kind.__name__)
class TestEveryError:
    def test_it_says_what_why_and_what_next(self, kind: type[LoadmasterError]) -> None:
        error = EXAMPLES[kind]()
        assert type(error) is kind
        assert all(text.strip() == text and len(text) > 10 for text in (error.what, error.why, error.fix))
        assert error.why.endswith(".")
        assert error.fix.endswith(".")
        assert str(error) == f"{error.what}\n  why: {error.why}\n  next: {error.fix}"

    def test_names_stand_in_backticks_and_no_word_is_the_machine_s(self, kind: type[LoadmasterError]) -> None:
        told = str(EXAMPLES[kind]())
        assert told.count("`") >= 2
        assert told.count("`") % 2 == 0
        assert not [word for word in MACHINE_WORDS if word in told]

    def test_it_has_a_docstring_of_its_own(self, kind: type[LoadmasterError]) -> None:
        assert kind.__doc__ or kind.__base__ is errors.PushRefused

    def test_it_survives_pickling_with_all_that_it_carries(self, kind: type[LoadmasterError]) -> None:
        error = EXAMPLES[kind]()
        copy = pickle.loads(pickle.dumps(error))
        assert type(copy) is kind
        assert (str(copy), vars(copy)) == (str(error), vars(error))
        assert (copy.exit_code, is_worth_retrying(copy)) == (error.exit_code, is_worth_retrying(error))


def test_an_error_without_a_row_would_be_found() -> None:
    assert catalogue() - (EXAMPLES.keys() - {errors.DiskFull}) == {errors.DiskFull}


def test_an_error_that_is_not_ours_is_not_retried() -> None:
    assert not is_worth_retrying(ConnectionResetError())


@pytest.mark.parametrize(
    ("lines", "told"),
    [([], "no heading for `1.0.0`"), ([3, 9], "2 headings for `1.0.0` (lines 3, 9)")],
    ids=["none", "several"],
)
def test_headings_are_counted(lines: list[int], told: str) -> None:
    assert told in errors.ChangelogHeadings("1.0.0", lines).what


@pytest.mark.parametrize(
    ("status", "why"), [(403, "not an owner"), (400, "breaks one of the registry's rules")], ids=["403", "400"]
)
def test_a_refused_upload_tells_who_may_not_from_what_may_not(status: int, why: str) -> None:
    assert why in errors.UploadRefused("hangar@1.0.0", status, TOLD).why


def test_one_problem_is_not_told_as_several() -> None:
    assert errors.GatesClosed(["`a`: b"]).what == "1 problem found before anything was changed:\n  - `a`: b"


def test_without_projects_there_is_none_to_name() -> None:
    assert "none so far" in errors.UnknownProject("nope", []).fix
