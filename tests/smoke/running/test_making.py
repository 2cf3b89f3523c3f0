"""What images are made of: the payload, a release's files and recipe, a program's libraries, the machine's command line."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadmaster.errors.smoke import SmokeKernelUnknown, SmokeLibraryMissing, SmokePayloadNotBuilt
from loadmaster.run.store import Store
from loadmaster.smoke.running.container_run import CODES
from loadmaster.smoke.running.images import HEALTH_PATH, OBJECT, POLICY, PROGRAM, RECIPE, VICTIM_PATH, subject_files
from loadmaster.smoke.running.kernels import fetch_kernel
from loadmaster.smoke.running.libraries import LOADER, is_dynamic, libraries_of
from loadmaster.smoke.running.machine import command, machine_memory, payload_code
from loadmaster.smoke.running.payload import FLAGS, SOURCES, build_payload, compile_static
from tests.kit.standin import STRICT, compile_standin, subject


def test_the_payload_is_static_and_equal_wherever_it_is_made(tmp_path: Path) -> None:
    one, two = (build_payload(Store(tmp_path / name)) for name in "ab")
    assert one == two
    assert not is_dynamic(one)


def test_the_payload_gives_the_compiler_nothing_to_warn_of(tmp_path: Path) -> None:
    sources = [str(each) for each in SOURCES.glob("*.c")]
    subprocess.run(["cc", *FLAGS, *STRICT, "-o", str(tmp_path / "payload"), *sources], check=True, timeout=60)


def test_sources_that_do_not_compile_are_told_in_the_compiler_s_words(tmp_path: Path) -> None:
    broken = tmp_path / "broken.c"
    broken.write_text("int main(void) { return nothing; }\n", encoding="ascii")
    with pytest.raises(SmokePayloadNotBuilt, match="nothing"):
        compile_static([broken])


def test_a_release_is_packed_with_its_libraries_policy_and_recipe(tmp_path: Path) -> None:
    files = subject_files(subject(compile_standin(tmp_path), "enforces", ready_within=1.5))
    assert LOADER in files
    assert any("libc.so" in path for path in files)
    assert files[OBJECT] == b"enforces"
    assert f'"{VICTIM_PATH}"' in files[POLICY].decode()
    entries = files[RECIPE].decode().split("\0")
    arguments = [each.removeprefix("arg ") for each in entries if each.startswith("arg ")]
    assert arguments[:4] == [PROGRAM, "monitor", "--ebpf", OBJECT]
    assert arguments[-1] == HEALTH_PATH
    assert "ready Assay Monitor running" in entries
    assert "patience 1500" in entries


def test_a_library_that_is_not_here_is_named(tmp_path: Path) -> None:
    program = compile_standin(tmp_path).replace(b"libc.so.6", b"libq.so.6")
    (tmp_path / "program").write_bytes(program)
    with pytest.raises(SmokeLibraryMissing, match=r"libq\.so\.6"):
        libraries_of(tmp_path / "program")


def test_programs_that_are_no_elf_load_nothing() -> None:
    assert not is_dynamic(b"#!/bin/sh\n")


def test_a_kernel_that_nobody_has(tmp_path: Path) -> None:
    with pytest.raises(SmokeKernelUnknown, match=r"`6\.1`, `6\.12`, `7\.2`"):
        fetch_kernel("5.4", Store(tmp_path))


def test_a_machine_is_told_its_run_and_is_ended_by_its_container() -> None:
    argv = command(128, 40, {"LSMSMOKE_NONCE": "a1"}, "lsm=yama")
    assert argv[:3] == ["/usr/bin/timeout", "--kill-after=2", "40"]
    assert argv[argv.index("-accel") + 1] == "tcg"
    assert argv[argv.index("-cpu") + 1].endswith(",-cx16")
    assert argv[-1].endswith("rdinit=/init LSMSMOKE_NONCE=a1 lsm=yama")


@pytest.mark.parametrize("code", CODES)
def test_a_code_comes_out_of_the_machine(code: int) -> None:
    assert payload_code((2 * code + 1) & 0xFF, CODES) == code


@pytest.mark.parametrize("qemu", [0, 2, 124, 137, 255], ids=str)
def test_what_is_no_code_stays_none(qemu: int) -> None:
    assert payload_code(qemu, CODES) is None


@given(st.integers(min_value=0, max_value=1 << 32), st.booleans())
def test_a_machine_holds_its_initramfs_packed_and_unpacked(size: int, is_release: bool) -> None:
    assert machine_memory(size, is_release=is_release) << 20 >= 2 * size
