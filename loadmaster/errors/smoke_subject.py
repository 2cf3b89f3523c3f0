"""Faults of the released program that a smoke test is to start. None of these errors says anything about enforcement."""

from __future__ import annotations

from collections.abc import Collection

from loadmaster.errors.base import LoadmasterError, UsageError, names


class SmokeSubjectUnknown(UsageError):
    """The profile does not say which released program to test."""

    def __init__(self, project: str) -> None:
        super().__init__(
            f"The profile `projects/{project}.toml` has no table `[smoke.artefact]`, so there is no release to test.",
            why="the program, its policy and its ready markers differ from project to project.",
            fix="write the table as `docs/smoke.md` shows, or test the `probe`.",
        )


class SmokeAssetMissing(LoadmasterError):
    """An asset that the profile names is not there."""

    def __init__(self, asset: str, where: str, there: Collection[str]) -> None:
        super().__init__(
            f"The asset `{asset}` is not at `{where}`; there are {names(there)}.",
            why="the release is not published yet, its build failed for this platform, or the profile has another name for it.",
            fix="look at the release on the forge, and mend `asset` in `[smoke.artefact]` of the profile if it is wrong.",
        )


class SmokeFileMissing(LoadmasterError):
    """This machine lacks a file that the profile or a release names."""

    def __init__(self, file: str) -> None:
        super().__init__(
            f"The file `{file}`, which is to be tested, cannot be read on this machine.",
            why="the step that makes it did not run, or it was made on another machine.",
            fix="let the worker of the pool `ebpf` run where the file is made, or take the file from an asset.",
        )


class SmokeChecksumMissing(LoadmasterError):
    """There is no checksum for the asset's bytes."""

    def __init__(self, asset: str) -> None:
        super().__init__(
            f"No checksum of the asset `{asset}` was found: neither the forge's, nor `{asset}.sha256`, nor `SHA256SUMS`.",
            why="the asset was uploaded before the forge kept digests, and its release has no checksum files.",
            fix="upload a checksum file beside it; bytes without a checksum are not tested.",
        )


class SmokeChecksumDiffers(LoadmasterError):
    """The bytes are not those that were released."""

    def __init__(self, asset: str, told_by: str, expected: str, actual: str) -> None:
        super().__init__(
            f"The asset `{asset}` has the SHA-256 `{actual}`, and {told_by} says `{expected}`.",
            why="the download broke off, or the asset was replaced after its checksum was written.",
            fix="try again; if it stays so, treat the release as tampered with, and do not run it.",
        )


class SmokeArchiveRefused(LoadmasterError):
    """An archive that is hostile, or that cannot be read."""

    def __init__(self, archive: str, problem: str) -> None:
        super().__init__(
            f"The archive `{archive}` is not unpacked: {problem}.",
            why="it was cut short, is of a kind that is not supported, or was made to write outside its directory.",
            fix="make it anew from plain files below one directory, as `.tar.gz`, `.tar.xz` or `.zip`.",
        )


class SmokeProgramMissing(LoadmasterError):
    """The archive does not hold the program."""

    def __init__(self, archive: str, program: str, there: Collection[str]) -> None:
        super().__init__(
            f"The archive `{archive}` has no program `{program}`; in it are {names(there)}.",
            why="the program was renamed, or is missing from the archive.",
            fix="mend `binary` in `[smoke.artefact]` of the profile, or the archive.",
        )


class SmokeProgramForeign(LoadmasterError):
    """This test cannot run the program or object."""

    def __init__(self, file: str, found: str, wanted: str) -> None:
        super().__init__(
            f"`{file}` is {found}, and not {wanted}.",
            why="the asset of another platform was named, or the object was built as a program.",
            fix="mend `asset` or `object` in `[smoke.artefact]` of the profile.",
        )


class SmokeVersionsDiffer(LoadmasterError):
    """Program and object do not belong together."""

    def __init__(self, program: str, version: str, of_object: str) -> None:
        super().__init__(
            f"The program `{program}` is of version `{version}`, its eBPF object of `{of_object}`.",
            why="the object was built from another tree than the program: it was not released with it.",
            fix="build the object from the tag of this release, and name it in `[smoke.artefact.object]`.",
        )
