"""The catalogue as a person and as Prefect meet it: every class, made with an example of what it is about."""

from __future__ import annotations

import importlib
import inspect
import json
import pickle
import pkgutil
import re
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import pytest

from loadmaster import errors
from loadmaster.errors import (
    access,
    also,
    cargo,
    credentials,
    edits,
    files,
    git,
    prefect,
    redaction,
    registry,
    rehearsal,
    request,
    run,
    smoke,
    smoke_run,
    smoke_subject,
    smoke_workflow,
    workspace,
)
from loadmaster.errors.base import LoadmasterError, UsageError, is_worth_retrying
from loadmaster.errors.forge import answers as forge
from loadmaster.errors.forge import ci, landing
from loadmaster.errors.profile import lying
from loadmaster.errors.refusals.reason import Reason
from loadmaster.errors.refusals.sentences import SENTENCES
from loadmaster.errors.release_commands import results, running

URL = "https://registry.example/index/ha/ng/hangar"
TOLD = "it said no"
WHEN = datetime(2026, 7, 25, 12, 35, 41, tzinfo=UTC)


def failure(crate: str, told: str = TOLD, reason: Reason = Reason.TOKEN_UNKNOWN) -> registry.CrateFailure:
    error = registry.UploadRefused(crate, 403, told, reason, None, "`LOADMASTER_REGISTRY_TOKEN`")
    return registry.CrateFailure(crate=crate, code=error.code, what=error.what, why=error.why, next=error.fix)


EXAMPLES: Mapping[type[LoadmasterError], Callable[[], LoadmasterError]] = {
    registry.AlreadyUploaded: lambda: registry.AlreadyUploaded("hangar@1.0.0", 400, TOLD, Reason.THERE),
    forge.AssetDifferent: lambda: forge.AssetDifferent("SHA256SUMS", "aa", "bb"),
    files.BumpInterrupted: lambda: files.BumpInterrupted("hangar", ".loadmaster-bump"),
    git.CheckoutAltered: lambda: git.CheckoutAltered("/home/ada/hangar", ("core.autocrlf=true",)),
    git.CheckoutSparse: lambda: git.CheckoutSparse("/home/ada/hangar", "docs/a.md", 3),
    git.NoWorkTree: lambda: git.NoWorkTree("/home/ada/hangar.git"),
    git.ObjectsReplaced: lambda: git.ObjectsReplaced("/home/ada/hangar", "a" * 40, "docs/a.md", "b" * 40),
    git.SourceIncomplete: lambda: git.SourceIncomplete("/home/ada/hangar", "history", TOLD),
    git.SubmoduleRefused: lambda: git.SubmoduleRefused("vendor/native", TOLD),
    edits.BumpRefused: lambda: edits.BumpRefused("Cargo.lock", TOLD, "demo", "1.0.0"),
    files.ByteOrderMark: lambda: files.ByteOrderMark("Cargo.toml"),
    cargo.CargoFailed: lambda: cargo.CargoFailed("cargo package", 101, TOLD),
    cargo.CargoMissing: lambda: cargo.CargoMissing(TOLD),
    cargo.PackagedDifferently: lambda: cargo.PackagedDifferently("hangar-units", "a" * 64, "another size, 6 bytes"),
    cargo.PackagedUnlikeCommit: lambda: cargo.PackagedUnlikeCommit("hangar-units", ["src/lib.rs"]),
    cargo.ToolchainOfRepository: lambda: cargo.ToolchainOfRepository("/proc/self/cwd/tools"),
    cargo.SandboxMissing: lambda: cargo.SandboxMissing("`bwrap` is not installed"),
    cargo.SandboxTooOpen: lambda: cargo.SandboxTooOpen(
        "/home", "it would show all of `/home/me`, where credentials are"
    ),
    cargo.CargoTooOld: lambda: cargo.CargoTooOld("1.70.0", "1.90.0"),
    edits.ChangelogHeadings: lambda: edits.ChangelogHeadings("1.0.0", [3, 9]),
    edits.ChangelogTooLong: lambda: edits.ChangelogTooLong(4_194_304, 60_000, "CHANGELOG.md"),
    registry.ChecksumMismatch: lambda: registry.ChecksumMismatch("hangar@1.0.0", "aa", "bb"),
    cargo.ClippyFailed: lambda: cargo.ClippyFailed(["`src/lib.rs`:1:1: error: one"], TOLD),
    cargo.ClippyNotRun: lambda: cargo.ClippyNotRun(TOLD),
    cargo.CrateFileBroken: lambda: cargo.CrateFileBroken("`hangar-1.0.0.crate`", "it is cut short"),
    cargo.CrateNotFetched: lambda: cargo.CrateNotFetched("hangar", "1.0.0"),
    cargo.CrateMissingFromPackage: lambda: cargo.CrateMissingFromPackage("hangar", "hangar-1.0.0.crate"),
    registry.CrateTaken: lambda: registry.CrateTaken("hangar@1.0.0", ["src/lib.rs"]),
    registry.AnswerOutOfBounds: lambda: registry.AnswerOutOfBounds(URL, TOLD),
    registry.AnotherAnswered: lambda: registry.AnotherAnswered(URL, TOLD),
    registry.CratesNotPublished: lambda: registry.CratesNotPublished([failure("units@1.0.0")], ["hangar@1.0.0"]),
    registry.DownloadAbsent: lambda: registry.DownloadAbsent("hangar@1.0.0", URL, 404),
    workspace.DependencyCycle: lambda: workspace.DependencyCycle(["hangar", "units", "hangar"]),
    prefect.DeploymentUnknown: lambda: prefect.DeploymentUnknown("release/x", ["release/release"]),
    prefect.DeploymentsNotApplied: lambda: prefect.DeploymentsNotApplied(TOLD),
    git.DirectoryTaken: lambda: git.DirectoryTaken("checkout"),
    registry.DailyLimitReached: lambda: registry.DailyLimitReached("hangar@1.0.0", TOLD),
    cargo.CargoOffline: lambda: cargo.CargoOffline("cargo fetch", 101, f"error: {TOLD}", TOLD),
    files.DiskFull: lambda: files.DiskFull("/home/cargo.log", "while packaging", 4096),
    files.HomeUnknown: lambda: files.HomeUnknown(),
    files.StoreNewer: lambda: files.StoreNewer("/home", 2, 1, "0.2.0"),
    files.StoreMarkBroken: lambda: files.StoreMarkBroken("/home/store.json", "Invalid JSON"),
    run.RunRecordBroken: lambda: run.RunRecordBroken("3f2a8c1e", "/home/runs/3f2a8c1e/pinned.json", "Invalid JSON"),
    prefect.DatabaseNewer: lambda: prefect.DatabaseNewer("/home/prefect/prefect.db", "a1b2", "3.8.8", "0.2.0"),
    prefect.DatabaseBroken: lambda: prefect.DatabaseBroken("/home/prefect/prefect.db", "file is not a database"),
    files.NotWritten: lambda: files.NotWritten("/home/cargo.log", "Read-only file system", 4096),
    files.ReceiptNotWritten: lambda: files.ReceiptNotWritten("demo", "1.0.0", "/home/receipt.json", TOLD),
    registry.RegistryBusy: lambda: registry.RegistryBusy(URL, TOLD, WHEN),
    credentials.ExchangeRefused: lambda: credentials.ExchangeRefused(URL, 400, TOLD, Reason.ID_TOKEN_USED),
    request.FaultScriptBroken: lambda: request.FaultScriptBroken("faults.toml", TOLD),
    files.FileOfTwoNames: lambda: files.FileOfTwoNames("CHANGELOG.md", "crates/a/CHANGELOG.md"),
    git.BranchMissing: lambda: git.BranchMissing("../hangar", "main", ["master", "dev"]),
    workspace.InOtherWorkspace: lambda: workspace.InOtherWorkspace("tmp/checkout", "Cargo.toml"),
    edits.LeaderNotReleased: lambda: edits.LeaderNotReleased("sail-macros", "sail"),
    edits.TagOfTwoVersions: lambda: edits.TagOfTwoVersions("v1.0", {"app": "1.0.0", "core": "1.0.0+b"}),
    edits.FileRuleUnmatched: lambda: edits.FileRuleUnmatched("README.md", "v{version}", [3, 9]),
    edits.FileRuleWithoutPackage: lambda: edits.FileRuleWithoutPackage("README.md"),
    files.FileUnreadable: lambda: files.FileUnreadable("Cargo.toml", "Permission denied"),
    edits.HeadingOfSeveral: lambda: edits.HeadingOfSeveral("Release a 1.1.0 / b 1.2.0", 3, "CHANGELOG.md"),
    edits.SeveralUnreleased: lambda: edits.SeveralUnreleased([3, 9], "CHANGELOG.md"),
    edits.FilesNotWritten: lambda: edits.FilesNotWritten("Cargo.toml", TOLD),
    forge.ForgeAddressForbidden: lambda: forge.ForgeAddressForbidden(URL, TOLD),
    forge.ForgeAlreadyThere: lambda: forge.ForgeAlreadyThere(URL, TOLD),
    forge.ForgeArchived: lambda: forge.ForgeArchived(URL, TOLD),
    forge.ForgeAssetTooLarge: lambda: forge.ForgeAssetTooLarge(URL, TOLD),
    forge.ForgeClosed: lambda: forge.ForgeClosed(URL, TOLD),
    forge.ForgeConflict: lambda: forge.ForgeConflict(URL, TOLD),
    forge.ForgeImmutable: lambda: forge.ForgeImmutable(URL, TOLD),
    forge.ForgeLacksCommit: lambda: forge.ForgeLacksCommit(URL, TOLD),
    forge.ForgeMoved: lambda: forge.ForgeMoved(URL, TOLD),
    forge.ForgeSignOnNeeded: lambda: forge.ForgeSignOnNeeded(URL, TOLD),
    forge.ForgeTagRefused: lambda: forge.ForgeTagRefused(URL, TOLD),
    forge.ForgeTextTooLong: lambda: forge.ForgeTextTooLong(URL, TOLD),
    forge.ForgeWorkflowRefused: lambda: forge.ForgeWorkflowRefused(URL, TOLD),
    forge.ForgeAnswerUnreadable: lambda: forge.ForgeAnswerUnreadable(URL, TOLD),
    forge.ForgeForbidden: lambda: forge.ForgeForbidden(URL, TOLD),
    also.PackageIndexUnreachable: lambda: also.PackageIndexUnreachable(URL, TOLD),
    also.PackageIndexUnknown: lambda: also.PackageIndexUnknown("hangar"),
    also.PackageNotThere: lambda: also.PackageNotThere("hangar==1.0.0", ["a wheel for `x86_64`"], "wheels", "is over"),
    also.PackageWithdrawn: lambda: also.PackageWithdrawn("hangar==1.0.0", ["hangar-1.0.0-py3-none-any.whl"]),
    also.PackageCheckFailed: lambda: also.PackageCheckFailed("hangar==1.0.0", "No module named `hangar`"),
    ci.CiRunMissing: lambda: ci.CiRunMissing("release.yml", "v1.0.0", 300.0, "it is not started by the tag"),
    ci.CiNotApproved: lambda: ci.CiNotApproved("release.yml", "`crates` waits for approval by ada", URL, 86400.0),
    ci.CiTooSlow: lambda: ci.CiTooSlow("release.yml", "in progress: `build`", URL, 7200.0),
    ci.CiFailed: lambda: ci.CiFailed("release.yml", "failed in `publish`", URL, 2, ["error: 403", "exit code 101"]),
    ci.CiCancelled: lambda: ci.CiCancelled("release.yml", URL),
    ci.CiDidNotPublish: lambda: ci.CiDidNotPublish("core@1.0.0", "release.yml", "publish", "ended as `failure`", URL),
    ci.AssetsIncomplete: lambda: ci.AssetsIncomplete("v1.0.0", ["`tool.zip` is missing"], URL),
    ci.ReleaseFrozen: lambda: ci.ReleaseFrozen("v1.0.0", ["`tool.zip` is missing"], URL),
    landing.PullClosed: lambda: landing.PullClosed(URL, "main"),
    landing.PullConflicts: lambda: landing.PullConflicts(URL, "main"),
    landing.PullOutdated: lambda: landing.PullOutdated(URL, "main", "0" * 40, "1" * 40),
    landing.PullOvertaken: lambda: landing.PullOvertaken(URL, "1" * 40, "main"),
    landing.PullHeadMoved: lambda: landing.PullHeadMoved("release/1.0.0", "0" * 40, "1" * 40),
    landing.PullChecksFailed: lambda: landing.PullChecksFailed(URL, ["test"]),
    landing.PullNotReady: lambda: landing.PullNotReady(URL, "it waits for an approval", 7200.0),
    landing.ForgeMergeRefused: lambda: landing.ForgeMergeRefused(URL, TOLD),
    request.PublisherUnknown: lambda: request.PublisherUnknown("demo"),
    forge.ForgeAddressForeign: lambda: forge.ForgeAddressForeign(URL, "https://elsewhere.example"),
    forge.ForgeLacksTag: lambda: forge.ForgeLacksTag("v1.0.0"),
    forge.ForgeNotFound: lambda: forge.ForgeNotFound(URL, TOLD),
    forge.ForgeRateLimited: lambda: forge.ForgeRateLimited(URL, WHEN, TOLD),
    forge.ForgeRefused: lambda: forge.ForgeRefused(URL, TOLD),
    forge.ForgeUnauthorized: lambda: forge.ForgeUnauthorized(URL, TOLD),
    forge.ForgeUnreachable: lambda: forge.ForgeUnreachable(URL, TOLD),
    request.NothingToAbandon: lambda: request.NothingToAbandon("1.0.0"),
    request.ReleaseUnfinished: lambda: request.ReleaseUnfinished(
        "demo", "1.0.0", "1.1.0", ["tag v1.0.0"], "loadmaster release", "Project `demo`", "loadmaster status"
    ),
    request.NothingChanged: lambda: request.NothingChanged("demo", "loadmaster next demo", ["`rope`: it is new"]),
    request.ChangesUnknown: lambda: request.ChangesUnknown("demo", "loadmaster next demo", {"hull": ["since when"]}),
    request.GatesClosed: lambda: request.GatesClosed(["`CHANGELOG.md`: has no heading", "`Cargo.lock`: is stale"]),
    cargo.GivenCrateBroken: lambda: cargo.GivenCrateBroken("hangar.crate", TOLD),
    git.GitDenied: lambda: git.GitDenied("git@forge.example:ada/hangar", TOLD),
    git.GitArchived: lambda: git.GitArchived("ada/hangar", TOLD),
    git.GitForbidden: lambda: git.GitForbidden("ada/hangar", TOLD),
    git.GitHostUnknown: lambda: git.GitHostUnknown("git@forge.example:ada/hangar", TOLD),
    git.GitTooLarge: lambda: git.GitTooLarge("ada/hangar", TOLD),
    git.GitFailed: lambda: git.GitFailed("git gc", "checkout", TOLD),
    git.GitMissing: lambda: git.GitMissing(),
    git.GitRemoteMissing: lambda: git.GitRemoteMissing("ada/hangar", TOLD),
    git.GitRemoteUnreachable: lambda: git.GitRemoteUnreachable("ada/hangar", TOLD),
    credentials.IdentityMissing: lambda: credentials.IdentityMissing(["ACTIONS_ID_TOKEN_REQUEST_URL"]),
    credentials.IdentityRefused: lambda: credentials.IdentityRefused(URL, 403, TOLD),
    credentials.IdentityUnavailable: lambda: credentials.IdentityUnavailable(URL, TOLD),
    edits.InheritedVersionsDisagree: lambda: edits.InheritedVersionsDisagree("Cargo.toml", {"a": "1.0.0"}),
    cargo.InstalledProgramFailed: lambda: cargo.InstalledProgramFailed("hangar", "1.0.0", 101, TOLD),
    cargo.InstalledVersionWrong: lambda: cargo.InstalledVersionWrong("hangar", "1.0.0", "hangar 0.9.0"),
    cargo.KeptCrateBroken: lambda: cargo.KeptCrateBroken("hangar@1.0.0", "aa"),
    workspace.LinkOutOfTree: lambda: workspace.LinkOutOfTree("crates/wing", "Cargo.toml"),
    registry.IndexDisagrees: lambda: registry.IndexDisagrees("hangar@1.0.0", "aa", "bb"),
    request.LiveWorldRefused: lambda: request.LiveWorldRefused(),
    edits.LockfileBroken: lambda: edits.LockfileBroken("Cargo.lock", 7, "two packages `hangar`"),
    edits.LockfileFormat: lambda: edits.LockfileFormat("Cargo.lock", "2"),
    edits.LockfileNotToml: lambda: edits.LockfileNotToml("Cargo.lock", TOLD),
    edits.MalformedRequirement: lambda: edits.MalformedRequirement("=>1"),
    request.MalformedVersion: lambda: request.MalformedVersion("v1"),
    workspace.ManifestIncomplete: lambda: workspace.ManifestIncomplete("Cargo.toml", "its `[package]` has no `name`"),
    edits.ManifestNotKept: lambda: edits.ManifestNotKept("Cargo.toml"),
    workspace.MemberOutOfTree: lambda: workspace.MemberOutOfTree("Cargo.toml", "../shared"),
    workspace.MemberBeside: lambda: workspace.MemberBeside("rust/Cargo.toml", "wing/Cargo.toml", "../rust"),
    workspace.RootElsewhere: lambda: workspace.RootElsewhere("hangar/wing/Cargo.toml", "hangar/Cargo.toml"),
    workspace.SeveralWorkspaces: lambda: workspace.SeveralWorkspaces(
        "hangar", {"a/Cargo.toml": ["wing"], "b/Cargo.toml": []}
    ),
    workspace.ToolchainsDiffer: lambda: workspace.ToolchainsDiffer({"a/Cargo.toml": "1.90.0", "b/Cargo.toml": None}),
    workspace.MemberMissing: lambda: workspace.MemberMissing("Cargo.toml", "crates/*"),
    edits.MergeMarkers: lambda: edits.MergeMarkers("Cargo.lock", 4),
    prefect.IdleMinutesBroken: lambda: prefect.IdleMinutesBroken("LOADMASTER_IDLE_MINUTES", "soon"),
    prefect.NoStackRunning: lambda: prefect.NoStackRunning("home"),
    git.NotARepository: lambda: git.NotARepository("checkout", TOLD),
    workspace.NotAWorkspace: lambda: workspace.NotAWorkspace("demo", TOLD),
    files.ToolFileBroken: lambda: files.ToolFileBroken("release-plz.toml", 3, "`publish` is not `true` or `false`"),
    files.NotAFile: lambda: files.NotAFile("Cargo.lock", "a directory"),
    edits.NotToml: lambda: edits.NotToml("Cargo.toml", TOLD),
    edits.NotesNotProposed: lambda: edits.NotesNotProposed(TOLD),
    edits.NotUtf8: lambda: edits.NotUtf8("Cargo.toml", 3),
    git.NotObserved: lambda: git.NotObserved("tag", "v1.0.0", "ada/hangar"),
    registry.NotPublished: lambda: registry.NotPublished(["hangar@1.0.0"], 120.0),
    registry.NotVisible: lambda: registry.NotVisible(["hangar@1.0.0"], 120.0),
    git.NothingToCommit: lambda: git.NothingToCommit("checkout"),
    workspace.NothingToPublish: lambda: workspace.NothingToPublish(
        "demo", "crates-io", private=["xtask"], elsewhere={"core": ["works"]}, excluded=["app"]
    ),
    prefect.ParametersRefused: lambda: prefect.ParametersRefused("release/release", TOLD),
    rehearsal.PortTaken: lambda: rehearsal.PortTaken(8080),
    prefect.PrefectRefused: lambda: prefect.PrefectRefused("POST /runs", TOLD),
    prefect.PrefectUnreachable: lambda: prefect.PrefectUnreachable(URL, TOLD),
    request.BranchNotReleased: lambda: request.BranchNotReleased("1.x", ["main", "release/*"]),
    request.ProfileThere: lambda: request.ProfileThere("projects/demo.toml"),
    request.ProfileBroken: lambda: request.ProfileBroken("demo.toml", [TOLD]),
    git.PushForced: lambda: git.PushForced("+main:main"),
    git.PushNotFastForward: lambda: git.PushNotFastForward("refs/heads/main", "ada/hangar", TOLD),
    git.PushProtected: lambda: git.PushProtected("refs/heads/main", "ada/hangar", TOLD),
    git.PushHoldsSecret: lambda: git.PushHoldsSecret("refs/heads/main", "ada/hangar", TOLD),
    git.PushHookDeclined: lambda: git.PushHookDeclined("refs/heads/main", "ada/hangar", TOLD),
    git.PushLacksWorkflowScope: lambda: git.PushLacksWorkflowScope("refs/heads/main", "ada/hangar", TOLD),
    git.PushShallow: lambda: git.PushShallow("refs/heads/main", "ada/hangar", TOLD),
    git.PushShowsEmail: lambda: git.PushShowsEmail("refs/heads/main", "ada/hangar", TOLD),
    git.PushToCheckedOut: lambda: git.PushToCheckedOut("refs/heads/main", "ada/hangar", TOLD),
    git.PushTooLarge: lambda: git.PushTooLarge("refs/heads/main", "ada/hangar", TOLD),
    git.RemoteCannotStore: lambda: git.RemoteCannotStore("refs/heads/main", "ada/hangar", TOLD),
    git.RemoteRefLocked: lambda: git.RemoteRefLocked("refs/heads/main", "ada/hangar", TOLD),
    git.PushRefused: lambda: git.PushRefused("refs/heads/main", "ada/hangar", TOLD),
    registry.RateLimited: lambda: registry.RateLimited("hangar@1.0.0", WHEN, TOLD),
    registry.ReadRefused: lambda: registry.ReadRefused(URL, 401, TOLD, Reason.LOGIN_NEEDED),
    registry.RegistryFailed: lambda: registry.RegistryFailed(URL, TOLD),
    registry.RegistryReadOnly: lambda: registry.RegistryReadOnly(URL, TOLD),
    registry.RegistryUnreachable: lambda: registry.RegistryUnreachable(URL, TOLD),
    request.ReleaseLocked: lambda: request.ReleaseLocked("4711"),
    git.RemoteTagExists: lambda: git.RemoteTagExists("refs/tags/v1.0.0", "ada/hangar", TOLD),
    request.RequestMoved: lambda: request.RequestMoved("demo 1.0.0", "demo 1.1.0"),
    edits.RequirementCannotFollow: lambda: edits.RequirementCannotFollow("Cargo.toml", "units", "<1", "1.0.0"),
    results.ReleaseCommandBrokePlan: lambda: results.ReleaseCommandBrokePlan(
        "docs", "the released versions are others"
    ),
    results.ReleaseCommandPathMissing: lambda: results.ReleaseCommandPathMissing("docs", ["docs/tabel.md"]),
    results.ReleaseCommandRefused: lambda: results.ReleaseCommandRefused("docs", {".git": "its settings were changed"}),
    results.ReleaseCommandVaries: lambda: results.ReleaseCommandVaries("docs", ["docs/table.md"], earlier=False),
    results.ReleaseCommandWentBeyond: lambda: results.ReleaseCommandWentBeyond(
        "docs", ["docs/*.md"], changed=["notes.txt"], left=["left.txt"], deleted=[]
    ),
    running.ReleaseCommandFailed: lambda: running.ReleaseCommandFailed("docs", 101, TOLD, "/home/commands/1.log"),
    running.ReleaseCommandNotStarted: lambda: running.ReleaseCommandNotStarted("docs", "mdbook: No such file"),
    running.ReleaseCommandTooLong: lambda: running.ReleaseCommandTooLong("docs", 600.0, TOLD, "/home/commands/1.log"),
    run.CommandStopped: lambda: run.CommandStopped("SIGTERM"),
    run.RunAmbiguous: lambda: run.RunAmbiguous("at work", ["3f2a8c1e", "4a1b2c3d"]),
    run.RunCancelled: lambda: run.RunCancelled(),
    run.RunCrashed: lambda: run.RunCrashed(),
    run.RunLeft: lambda: run.RunLeft("3f2a8c1e"),
    run.RunNotResumable: lambda: run.RunNotResumable("3f2a8c1e", "Completed"),
    run.RunUnknown: lambda: run.RunUnknown("run `3f2a`", ["4a1b2c3d"]),
    run.UnexpectedFailure: lambda: run.UnexpectedFailure("KeyError", "hangar"),
    run.CommandInterrupted: lambda: run.CommandInterrupted(),
    request.RunWithoutReceipt: lambda: request.RunWithoutReceipt("a1b2", TOLD, "runs/a1b2/prefect.log"),
    rehearsal.CorpusBroken: lambda: rehearsal.CorpusBroken("010-tokens/001-none.toml", ["`answer.status`: is missing"]),
    rehearsal.ServerNotAsked: lambda: rehearsal.ServerNotAsked(
        "http://127.0.0.1:1", "010-tokens/001-none", "ConnectError"
    ),
    request.ScenarioBroken: lambda: request.ScenarioBroken("scenario.toml", ["`users.0.logn`: is no field"]),
    credentials.SecretBlockMissing: lambda: credentials.SecretBlockMissing("registry-token"),
    credentials.SecretBlockUnread: lambda: credentials.SecretBlockUnread("registry-token", TOLD),
    access.BlockKeyBroken: lambda: access.BlockKeyBroken("PREFECT_SERVER_ENCRYPTION_KEY", 32),
    access.BlockKeyDiffers: lambda: access.BlockKeyDiffers(
        "/home/keys/blocks", ["`PREFECT_SERVER_ENCRYPTION_KEY`", "the database"]
    ),
    access.ParameterNotAllowed: lambda: access.ParameterNotAllowed("demo", "repository", "/somewhere"),
    access.ResultNotOurs: lambda: access.ResultNotOurs("a storage block"),
    access.RunNotOurs: lambda: access.RunNotOurs("quiet-heron", ["it belongs to no deployment"]),
    access.ServerAnswersAnybody: lambda: access.ServerAnswersAnybody("http://127.0.0.1:4200"),
    access.SignInMissing: lambda: access.SignInMissing("/home/keys/sign-in", "No such file or directory"),
    prefect.StackDidNotStart: lambda: prefect.StackDidNotStart("server", 60, "server.log", TOLD),
    smoke.AptFailed: lambda: smoke.AptFailed("apt-get update", "forky", TOLD),
    smoke.AptMissing: lambda: smoke.AptMissing("there is no `apt-get`"),
    smoke.EngineAbsent: lambda: smoke.EngineAbsent("unix:///run/docker.sock", TOLD),
    smoke.EngineCannotStart: lambda: smoke.EngineCannotStart("unix:///run/docker.sock", TOLD),
    smoke.EngineForbidden: lambda: smoke.EngineForbidden("unix:///run/docker.sock"),
    smoke.EngineGone: lambda: smoke.EngineGone("unix:///run/docker.sock", TOLD),
    smoke.EngineHanging: lambda: smoke.EngineHanging("unix:///run/docker.sock", 10.0),
    smoke.EngineImageMissing: lambda: smoke.EngineImageMissing("loadmaster-smoke:aa", "unix:///run/docker.sock"),
    smoke.EngineLacksCapability: lambda: smoke.EngineLacksCapability("unix:///run/docker.sock", TOLD),
    smoke.EngineRefused: lambda: smoke.EngineRefused("unix:///run/docker.sock", 500, TOLD),
    smoke.SmokeDeadlinePassed: lambda: smoke.SmokeDeadlinePassed("vm", 60, TOLD),
    smoke.SmokeKernelUnknown: lambda: smoke.SmokeKernelUnknown("5.4", ["6.1", "6.12"]),
    smoke.SmokeLibraryMissing: lambda: smoke.SmokeLibraryMissing("assay", TOLD),
    smoke.SmokeMachineBroke: lambda: smoke.SmokeMachineBroke("6.12", 0, TOLD),
    smoke.SmokeOutOfMemory: lambda: smoke.SmokeOutOfMemory("vm", 100),
    smoke.SmokePayloadNotBuilt: lambda: smoke.SmokePayloadNotBuilt(TOLD),
    smoke_subject.SmokeArchiveRefused: lambda: smoke_subject.SmokeArchiveRefused("hangar.tar.gz", TOLD),
    smoke_subject.SmokeAssetMissing: lambda: smoke_subject.SmokeAssetMissing("hangar.tar.gz", "v1.0.0", ["SHA256SUMS"]),
    smoke_subject.SmokeChecksumDiffers: lambda: smoke_subject.SmokeChecksumDiffers(
        "hangar.tar.gz", "`SHA256SUMS`", "aa", "bb"
    ),
    smoke_subject.SmokeChecksumMissing: lambda: smoke_subject.SmokeChecksumMissing("hangar.tar.gz"),
    smoke_subject.SmokeFileMissing: lambda: smoke_subject.SmokeFileMissing("hangar.o"),
    smoke_subject.SmokeProgramForeign: lambda: smoke_subject.SmokeProgramForeign(
        "hangar", "an object for `bpf`", "a program for `x86_64`"
    ),
    smoke_subject.SmokeProgramMissing: lambda: smoke_subject.SmokeProgramMissing(
        "hangar.tar.gz", "hangar", ["README.md"]
    ),
    smoke_subject.SmokeSubjectUnknown: lambda: smoke_subject.SmokeSubjectUnknown("demo"),
    smoke_subject.SmokeVersionsDiffer: lambda: smoke_subject.SmokeVersionsDiffer("hangar", "1.0.0", "0.9.0"),
    smoke_workflow.SmokeRunNotFound: lambda: smoke_workflow.SmokeRunNotFound("smoke.yml", "5f0c", 120.0),
    smoke_workflow.SmokeWorkflowMissing: lambda: smoke_workflow.SmokeWorkflowMissing("smoke.yml", TOLD),
    smoke_workflow.SmokeWorkflowRefused: lambda: smoke_workflow.SmokeWorkflowRefused("smoke.yml", TOLD),
    smoke_run.SmokeNotPassed: lambda: smoke_run.SmokeNotPassed("not-enforced", "the probe on 6.12", TOLD),
    smoke_run.SmokeRunLate: lambda: smoke_run.SmokeRunLate("grey-owl", 60.0, "Scheduled"),
    smoke_run.SmokeRunLost: lambda: smoke_run.SmokeRunLost("grey-owl", "Crashed", TOLD),
    git.TagMissing: lambda: git.TagMissing("v1.0.0", "ada/hangar"),
    git.TagTaken: lambda: git.TagTaken("v1.0.0", "aa", "bb"),
    credentials.KeeperSilent: lambda: credentials.KeeperSilent("LOADMASTER_REGISTRY_TOKEN", TOLD),
    credentials.SecretFileUnread: lambda: credentials.SecretFileUnread("LOADMASTER_REGISTRY_TOKEN_FILE", "token", TOLD),
    credentials.SecretGivenTwice: lambda: credentials.SecretGivenTwice("LOADMASTER_REGISTRY_TOKEN"),
    credentials.SecretInEnvironment: lambda: credentials.SecretInEnvironment("LOADMASTER_REGISTRY_TOKEN"),
    credentials.TokenMissing: lambda: credentials.TokenMissing(["LOADMASTER_REGISTRY_TOKEN", "CARGO_REGISTRY_TOKEN"]),
    edits.TreeMissing: lambda: edits.TreeMissing("tree"),
    edits.TreeNotJudged: lambda: edits.TreeNotJudged(workspace.MemberMissing("Cargo.toml", "crates/wing"), "hangar"),
    workspace.TwoMembers: lambda: workspace.TwoMembers("wing", ["a/Cargo.toml", "b/Cargo.toml"]),
    credentials.TokenNotRevoked: lambda: credentials.TokenNotRevoked(URL, TOLD),
    credentials.TokenUnusable: lambda: credentials.TokenUnusable("`LOADMASTER_REGISTRY_TOKEN`", "it has a line break"),
    git.UnknownCommit: lambda: git.UnknownCommit("source.git", "abc1234"),
    edits.PatternTooSlow: lambda: edits.PatternTooSlow("README.md", "(a+)+{version}", 5.0),
    request.PackageNamedTwice: lambda: request.PackageNamedTwice("units", ["1.0.0", "2.0.0"]),
    files.TreeBusy: lambda: files.TreeBusy("hangar"),
    request.UnknownCode: lambda: request.UnknownCode("disk-ful", ["disk-full"]),
    request.UnknownProject: lambda: request.UnknownProject("nope", ["demo"]),
    lying.NoProfileHere: lambda: lying.NoProfileHere("/clones/wing", "/clones/wing", ["demo"]),
    lying.TwoProfiles: lambda: lying.TwoProfiles("loadmaster.toml", "Cargo.toml"),
    lying.NoProfileIn: lambda: lying.NoProfileIn(URL, "core", "main"),
    lying.SeveralProfiles: lambda: lying.SeveralProfiles(
        URL, ["a/loadmaster.toml", "b/loadmaster.toml"], f"loadmaster project add {URL} --directory a"
    ),
    lying.ProfileAsksForMore: lambda: lying.ProfileAsksForMore("wing", "loadmaster.toml", ["cargo.sandbox"]),
    lying.ProjectNameTaken: lambda: lying.ProjectNameTaken("wing", URL, "/clones/wing"),
    lying.AddressRefused: lambda: lying.AddressRefused("ext::sh", "it is no address of a host"),
    lying.ProfileFieldUnknown: lambda: lying.ProfileFieldUnknown("tag", ["release.tag"]),
    registry.UploadRefused: lambda: registry.UploadRefused("hangar@1.0.0", 403, TOLD, Reason.NOT_OWNER),
    rehearsal.UpstreamChecksumMismatch: lambda: rehearsal.UpstreamChecksumMismatch("hangar", "1.0.0", URL),
    rehearsal.UpstreamUnreachable: lambda: rehearsal.UpstreamUnreachable(URL, TOLD),
    workspace.NoSuchPackage: lambda: workspace.NoSuchPackage(["tail"], ["hangar", "units"]),
    request.VersionTooLong: lambda: request.VersionTooLong("1.0.0-" + "a" * 300, 184),
    workspace.VersionsByName: lambda: workspace.VersionsByName("hangar=1.0.0"),
    workspace.VersionsDisagree: lambda: workspace.VersionsDisagree({"hangar": "1.0.0", "units": "0.9.0"}),
    request.WrongRequest: lambda: request.WrongRequest(["`as_of`: no instant"]),
    registry.YankLimited: lambda: registry.YankLimited("hangar@1.0.0", WHEN, TOLD),
    request.YankNotConfirmed: lambda: request.YankNotConfirmed("1.0.0", None),
    registry.YankRefused: lambda: registry.YankRefused("hangar@1.0.0", 403, TOLD, Reason.TOKEN_SCOPE),
}
BASES = {LoadmasterError, UsageError}
MACHINE_WORDS = ("Traceback", "Exception", "Error:", "errno", " at 0x", "<class", "None", "()", "[]")


def catalogue() -> set[type[LoadmasterError]]:
    walked = pkgutil.walk_packages(errors.__path__, f"{errors.__name__}.")
    modules = [importlib.import_module(each.name) for each in walked]
    members = (each for module in modules for _, each in inspect.getmembers(module, inspect.isclass))
    return {each for each in members if issubclass(each, LoadmasterError)} - BASES


def test_every_class_has_an_example_here() -> None:
    missing = sorted(each.__name__ for each in catalogue() - EXAMPLES.keys())
    assert not missing, f"add a row to EXAMPLES in tests/errors/test_errors.py for: {', '.join(missing)}"


@pytest.mark.parametrize("kind", EXAMPLES, ids=lambda kind: kind.__name__)
class TestEveryError:
    def test_it_has_a_code_and_its_facts_are_json(self, kind: type[LoadmasterError]) -> None:
        error = EXAMPLES[kind]()
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", error.code)
        assert json.loads(json.dumps(dict(error.facts))) == dict(error.facts)

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
        assert kind.__doc__ or kind.__base__ is git.PushRefused

    def test_it_survives_pickling_with_all_that_it_carries(self, kind: type[LoadmasterError]) -> None:
        error = EXAMPLES[kind]()
        copy = pickle.loads(pickle.dumps(error))
        assert type(copy) is kind
        assert (str(copy), vars(copy)) == (str(error), vars(error))
        assert (copy.exit_code, is_worth_retrying(copy)) == (error.exit_code, is_worth_retrying(error))


def test_no_two_errors_have_one_code() -> None:
    codes = [each.code for each in catalogue()]
    assert sorted(codes) == sorted(set(codes))


def test_an_error_without_a_row_would_be_found() -> None:
    assert catalogue() - (EXAMPLES.keys() - {files.DiskFull}) == {files.DiskFull}


def test_an_error_that_is_not_ours_is_not_retried() -> None:
    assert not is_worth_retrying(ConnectionResetError())


@pytest.mark.parametrize(
    ("lines", "told"),
    [([], "no heading for `1.0.0`"), ([3, 9], "2 headings for `1.0.0` (lines 3, 9)")],
    ids=["none", "several"],
)
def test_headings_are_counted(lines: list[int], told: str) -> None:
    assert told in edits.ChangelogHeadings("1.0.0", lines).what


ENDS_ONCE = re.compile(r"(?<!\.)\.$|…$|[?!]$")


@pytest.mark.parametrize("kind", EXAMPLES, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("told", ["it said no", "it said no.", "it said no.\n", "it said\nno."], ids=repr)
def test_each_sentence_ends_with_one_full_stop_whatever_a_server_says(
    kind: type[LoadmasterError], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[__name__], "TOLD", told)
    error = EXAMPLES[kind]()
    for text in (error.what, error.why, error.fix):
        assert not re.search(r"\.\.(?![./])", text), text
        assert ".;" not in text
        assert "\n" in text or ENDS_ONCE.search(text), text


@pytest.mark.parametrize("kind", EXAMPLES, ids=lambda kind: kind.__name__)
def test_no_text_speaks_of_a_button_that_is_not_where_it_is_read(kind: type[LoadmasterError]) -> None:
    """A message is read on a run's page, at a form, in a terminal and in a CI job's log."""
    assert not re.search(r"(?i)\bretry\b|\bpress\b", str(EXAMPLES[kind]()))


@pytest.mark.parametrize("reason", Reason)
def test_no_sentence_of_a_refusal_does_either(reason: Reason) -> None:
    assert not re.search(r"(?i)\bretry\b|\bpress\b", " ".join(SENTENCES[reason]))


def test_what_an_error_is_made_of_are_its_facts() -> None:
    error = registry.RateLimited("hangar@1.0.0", WHEN, TOLD)
    assert (error.code, dict(error.facts)) == (
        "rate-limited",
        {"crate": "hangar@1.0.0", "until": "2026-07-25T12:35:41Z", "told": TOLD},
    )


def test_facts_are_redacted_as_the_text_is() -> None:
    redaction.know("a-token-of-somebody")
    error = registry.CratesNotPublished([failure("units@1.0.0", "a-token-of-somebody was refused")], [])
    assert "a-token-of-somebody" not in json.dumps(dict(error.facts)) + str(error)
    assert "[redacted] was refused" in str(error)


class TestCratesNotPublished:
    def test_one_crate_s_own_reason_is_the_release_s(self) -> None:
        own = failure("units@1.0.0", "authentication failed")
        error = registry.CratesNotPublished([own], ["hangar@1.0.0"])
        assert error.what == (
            "Not published: `units@1.0.0`: The registry refused `units@1.0.0` with status 403: authentication failed. "
            "Not tried, because they need them: `hangar@1.0.0`."
        )
        assert (error.why, error.fix) == (own.why, own.next)
        assert "`LOADMASTER_REGISTRY_TOKEN`" in error.why

    def test_crates_with_one_reason_share_its_sentences(self) -> None:
        crates = ["units@1.0.0", "wing@2.1.0", "tail@1.0.0"]
        error = registry.CratesNotPublished([failure(crate, reason=Reason.NOT_OWNER) for crate in crates], [])
        assert "these 3 crates, all like the first: `units@1.0.0`, `wing@2.1.0`, `tail@1.0.0`: " in error.what
        assert str(error).count(TOLD) == 1
        assert "is not an owner of `units`" in error.why

    def test_each_reason_keeps_its_own_why_and_next(self) -> None:
        failed = [
            failure("units@1.0.0"),
            failure("wing@1.0.0"),
            failure("tail@1.0.0", "no known crate", Reason.TRUSTED_TOKEN_ENDED),
        ]
        told = str(registry.CratesNotPublished(failed, ["hangar@1.0.0"]))
        assert told.startswith("Not published, for 2 reasons:\n  - these 2 crates, all like the first: `units@1.0.0`, ")
        for each in (failed[0], failed[2]):
            assert f"    why: {each.why}\n    next: {each.next}" in told
        assert "\nNot tried, because they need them: `hangar@1.0.0`.\n" in told

    def test_its_facts_have_every_crate_s_code_and_sentences(self) -> None:
        own = failure("units@1.0.0")
        told = {"crate": own.crate, "code": "upload-refused", "what": own.what, "why": own.why, "next": own.next}
        assert registry.CratesNotPublished([own], []).facts == {"failed": [told], "blocked": []}


def test_one_problem_is_not_told_as_several() -> None:
    assert request.GatesClosed(["`a`: b"]).what == "1 problem found before anything was changed:\n  - `a`: b"


def test_without_projects_there_is_none_to_name() -> None:
    assert "none so far" in request.UnknownProject("nope", []).fix


def test_an_error_that_an_outage_outlasted_says_so_and_stays_itself() -> None:
    error = registry.RegistryUnreachable(URL, TOLD)
    error.tries = 7
    said = error.after_outage(600.4)
    assert type(said) is type(error)
    assert said.what == str(said.args[0]) == f"{error.what} It was tried 7 times, and the outage has lasted 600 s."
    assert (said.code, said.facts, said.why, said.fix, said.tries) == (error.code, error.facts, error.why, error.fix, 7)
    error.tries = 1
    assert "It was tried once," in error.after_outage(0.0).what
