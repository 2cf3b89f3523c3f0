"""A workspace whose one crate is the stand-in: what it releases denies for real, or does what its object says instead.

The crate compiles the stand-in's C files in its build script and needs no other crate. Its object is no part of it.
"""

from __future__ import annotations

from pathlib import Path

from loadmaster.smoke.running.payload import FLAGS, SOURCES
from tests.kit.archives import OBJECT
from tests.kit.hangar import commit_all, git, write
from tests.kit.standin import HERE, NEEDED, POLICY, READY

ELF_HEADER = 64
_C_FLAGS = ", ".join(f'"{each}"' for each in FLAGS if each.startswith(("-O", "-std", "-D")))

MAIN = """\
use std::ffi::{c_char, c_int, CString};
use std::os::unix::ffi::OsStringExt;

extern "C" {
    fn standin(count: c_int, arguments: *const *const c_char) -> c_int;
}

fn main() {
    if std::env::args().nth(1).as_deref() == Some("--version") {
        println!("enforcer {}", env!("CARGO_PKG_VERSION"));
        return;
    }
    let arguments: Vec<CString> = std::env::args_os().map(|each| CString::new(each.into_vec()).unwrap()).collect();
    let mut pointers: Vec<*const c_char> = arguments.iter().map(|each| each.as_ptr()).collect();
    pointers.push(std::ptr::null());
    std::process::exit(unsafe { standin(arguments.len() as c_int, pointers.as_ptr()) });
}
"""

BUILD = f"""\
use std::path::PathBuf;
use std::process::Command;

fn main() {{
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap());
    let mut archive = Command::new("ar");
    archive.arg("crs").arg(out.join("libstandin.a"));
    for name in [{", ".join(f'"{Path(each).stem}"' for each in (*NEEDED, "standin.c"))}] {{
        let object = out.join(name).with_extension("o");
        let flags = [{_C_FLAGS}, "-Dmain=standin", "-fPIC", "-c", "-o"];
        let source = format!("native/{{name}}.c");
        assert!(Command::new("cc").args(flags).arg(&object).arg(source).status().unwrap().success());
        archive.arg(object);
    }}
    assert!(archive.status().unwrap().success());
    println!("cargo:rustc-link-search=native={{}}", out.display());
    println!("cargo:rustc-link-lib=static=standin");
    println!("cargo:rerun-if-changed=native");
}}
"""

FILES = {
    ".gitignore": "target\n",
    "CHANGELOG.md": "# Changelog\n\n## [Unreleased]\n\n- Something new.\n\n## [0.4.0] - 2026-10-01\n\n- Older.\n",
    "Cargo.toml": '[workspace]\nmembers = ["enforcer"]\nresolver = "2"\n',
    "Cargo.lock": 'version = 4\n\n[[package]]\nname = "enforcer"\nversion = "0.4.0"\n',
    "enforcer/Cargo.toml": '[package]\nname = "enforcer"\nversion = "0.4.0"\nedition = "2021"\n'
    'description = "Denies what its policy names."\nlicense = "MIT"\n',
    "enforcer/build.rs": BUILD,
    "enforcer/src/main.rs": MAIN,
    **{f"enforcer/native/{each}": (SOURCES / each).read_text() for each in (*NEEDED, "smoke.h")},
    "enforcer/native/standin.c": (HERE / "standin.c").read_text(),
}

PROFILE = f"""
forge = "ada/enforcer"
[source]
directory = "examples/hangar"
[install]
package = "enforcer"
binary = "enforcer"
[cargo]
clippy = false
[rehearsal]
upstream = false
[smoke]
subject = "release"
backend = "vm"
%s
[smoke.artefact]
binary = "enforcer"
policy = '''{POLICY}'''
arguments = ["monitor", "--ebpf", "{{object}}", "--policy", "{{policy}}", "--monitor-all"]
ready = {list(READY)}
%s
"""
"""With more of `[smoke]`, and more of `[smoke.artefact]`."""


def object_of(conduct: str) -> bytes:
    """An eBPF object by its header, which tells the program how to behave."""
    return OBJECT.ljust(ELF_HEADER, b"\0") + conduct.encode()


def workspace(place: Path) -> Path:
    """A repository that releases the program."""
    write(place, FILES)
    git(place, "init", "--quiet", "--initial-branch", "main")
    commit_all(place)
    return place
