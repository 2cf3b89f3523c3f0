"""A released archive gives up the one program that is asked for, and nothing that it would rather do."""

from __future__ import annotations

import tarfile

import pytest

from loadmaster.errors.smoke_subject import SmokeArchiveRefused, SmokeProgramForeign, SmokeProgramMissing
from loadmaster.planning.smoke.archive import take_program
from loadmaster.planning.smoke.elf import require_object, require_program
from tests.kit.archives import GOOD, OBJECT, PROGRAM, special, tar, zipped

NAME = "hangar-1.0.0.tar.gz"


@pytest.mark.parametrize(
    "content",
    [tar(*GOOD), tar(*GOOD, mode="w:xz"), tar(*GOOD, mode="w"), zipped(*GOOD), PROGRAM],
    ids=["tar.gz", "tar.xz", "tar", "zip", "the program itself"],
)
def test_the_program_is_taken_out(content: bytes) -> None:
    assert take_program(NAME, content, "hangar") == PROGRAM


EVIL = {
    "a path that leads out": (tar(*GOOD, ("../../hangar", b"")), "leads out"),
    "an absolute path": (tar(*GOOD, ("/etc/cron.d/hangar", b"")), "leads out"),
    "a symbolic link": (tar(*GOOD, special("bin", tarfile.SYMTYPE, "/usr/bin")), "link or a device"),
    "the program as a link": (tar(special("hangar", tarfile.SYMTYPE, "/bin/sh")), "link or a device"),
    "a hard link": (tar(*GOOD, special("copy", tarfile.LNKTYPE, "/etc/passwd")), "link or a device"),
    "a device": (tar(*GOOD, special("null", tarfile.CHRTYPE)), "link or a device"),
    "a pipe": (tar(*GOOD, special("pipe", tarfile.FIFOTYPE)), "link or a device"),
    "the program twice": (tar(*GOOD, GOOD[1]), "twice"),
    "the program in two directories": (tar(*GOOD, ("old/hangar", PROGRAM)), "several places"),
    "a zip with a path that leads out": (zipped(*GOOD, ("../hangar", b"")), "leads out"),
    "a zip with a path of another system": (zipped(*GOOD, ("..\\hangar", b"")), "leads out"),
    "a zip with a link": (zipped(*GOOD, link="bin"), "link or a device"),
    "cut short": (tar(*GOOD)[:60], "cannot be read"),
    "no archive": (b"<html>Not Found</html>", "cannot be read"),
    "nothing": (b"", "cannot be read"),
}


@pytest.mark.parametrize(("content", "told"), EVIL.values(), ids=EVIL)
def test_an_evil_archive_is_refused_whole(content: bytes, told: str) -> None:
    with pytest.raises(SmokeArchiveRefused, match=told):
        take_program(NAME, content, "hangar")


@pytest.mark.parametrize("content", [tar(("big", bytes(2000))), zipped(("big", bytes(2000)))], ids=["tar", "zip"])
def test_a_bomb_is_refused(content: bytes) -> None:
    with pytest.raises(SmokeArchiveRefused, match="more than 1000 bytes"):
        take_program(NAME, content, "hangar", limit=1000)


def test_an_archive_without_the_program_says_what_is_in_it() -> None:
    with pytest.raises(SmokeProgramMissing, match=r"hangar-1\.0\.0/README\.md"):
        take_program(NAME, tar(*GOOD), "hangard")


def test_a_program_and_an_object_are_taken() -> None:
    require_program("hangar", PROGRAM, "x86_64")
    require_object("hangar.o", OBJECT)


FOREIGN = {
    "another architecture": (PROGRAM[:18] + b"\xb7\x00", "a program for `aarch64`"),
    "an architecture without a name here": (PROGRAM[:18] + b"\x2b\x00", "machine 43"),
    "an object": (OBJECT, "an object for `bpf`"),
    "32 bits": (b"\x7fELF\x01\x01" + PROGRAM[6:], "32 bits"),
    "big-endian": (b"\x7fELF\x02\x02" + PROGRAM[6:], "big-endian"),
    "a script": (b"#!/bin/sh\nexit 0\n# more", "no ELF file"),
    "cut short": (PROGRAM[:10], "no ELF file"),
}


@pytest.mark.parametrize(("content", "told"), FOREIGN.values(), ids=FOREIGN)
def test_what_is_no_program_for_this_machine_is_refused(content: bytes, told: str) -> None:
    with pytest.raises(SmokeProgramForeign, match=told):
        require_program("hangar", content, "x86_64")


@pytest.mark.parametrize("content", [PROGRAM, b"", b"not an object, but long enough"])
def test_what_is_no_ebpf_object_is_refused(content: bytes) -> None:
    with pytest.raises(SmokeProgramForeign, match="an eBPF object"):
        require_object("hangar.o", content)
