"""Workspaces as hypothesis draws them: text by path, in every spelling that cargo takes, without external crates.

`@` in a text stands for the version; `at` puts one in.
"""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

Texts = dict[str, str]

NAMES = ("aileron", "bulkhead", "canopy", "door", "elevator")
_OTHER = "0.1.7"

_requirements = st.sampled_from(["@", "^@", "=@", "~@", ">=@"])
_tables = st.sampled_from(["dependencies", "build-dependencies", "dev-dependencies", "target.'cfg(unix)'.dependencies"])


@st.composite
def workspaces(draw: st.DrawFn) -> Texts:
    """Members in a chain of dependencies, one of them perhaps at another version, and perhaps a second workspace."""
    names = list(NAMES[: draw(st.integers(1, len(NAMES)))])
    odd = draw(st.sampled_from([None, *names[2:]]))  # with two others, most public packages have the version
    inherits = draw(st.booleans())
    members = {f"{draw(_folders(name))}": name for name in names}
    texts: Texts = {"Cargo.toml": draw(_root(list(members), inherits, members))}
    for folder, name in members.items():
        version = (
            f'"{_OTHER}"' if name == odd else "{ workspace = true }" if inherits and draw(st.booleans()) else '"@"'
        )
        needed = {place: each for place, each in members.items() if each < name and draw(st.booleans())}
        texts[f"{folder}/Cargo.toml"] = draw(_member(folder, name, version, needed, odd))
        texts[f"{folder}/src/lib.rs"] = ""
        if draw(st.booleans()):
            texts[f"{folder}/src/{draw(st.sampled_from(['main.rs', 'bin/tool.rs', 'bin/other/main.rs']))}"] = (
                "fn main() {}\n"
            )
    if draw(st.booleans()):
        texts |= _second(*next(iter(members.items())))
    return {path: draw(_ended(text)) if path.endswith("Cargo.toml") else text for path, text in texts.items()}


def at(version: str, texts: Texts) -> Texts:
    return {path: text.replace("@", version) for path, text in texts.items()}


def _folders(name: str) -> st.SearchStrategy[str]:
    return st.sampled_from([f"crates/{name}", f"tools/{name}", name])


@st.composite
def _root(draw: st.DrawFn, folders: Sequence[str], inherits: bool, members: Texts) -> str:
    globbed = [f"{top}/*" for top in ("crates", "tools") if any(each.startswith(f"{top}/") for each in folders)]
    listed = [*globbed, *(each for each in folders if "/" not in each)] if draw(st.booleans()) else list(folders)
    lines = [
        "# The root.",
        "[workspace]",
        'resolver = "2"',
        f"members = [{', '.join(map(repr, listed))},]",
        "exclude = ['fuzz']",
    ]
    lines += ["", "[workspace.package]", 'version = "@" # of all', 'description = "Shared"'] if inherits else []
    lines += ["", "[workspace.dependencies]"]
    for folder, name in members.items():
        lines.append(f"{name} = {{ path = '{folder}', version = \"{draw(_requirements)}\" }}  # {name}")
    return "\n".join(lines) + "\n"


@st.composite
def _member(draw: st.DrawFn, folder: str, name: str, version: str, needed: Texts, odd: str | None) -> str:
    up = "../" * (folder.count("/") + 1)
    lines = ["[package]", f"name='{name}'", f"version  = {version}", 'edition = "2021"']
    lines += ["publish = false"] if odd in (None, name) and draw(st.booleans()) else []
    for place, other in needed.items():
        requirement = _OTHER if other == odd else draw(_requirements)
        alias = draw(st.sampled_from([other, "renamed"]))
        renamed = f", package = '{other}'" if alias != other else ""
        spelling = draw(st.sampled_from(["inline", "dotted", "table", "inherited", "path only"]))
        table = draw(_tables)
        if alias != other or spelling == "inline":
            alias = f"{alias}-{other}" if alias != other else alias
            lines += [f"[{table}]", f"{alias} = {{ path = \"{up}{place}\", version = '{requirement}'{renamed} }} # it"]
        elif spelling == "dotted":
            lines += [f"[{table}]", f'{other}.version = "{requirement}"', f'{other} . path="{up}{place}"']
        elif spelling == "table":
            lines += [f"[{table}.{other}]", f'version = "{requirement}"', f'path = "{up}{place}"']
        elif spelling == "inherited" and other != odd:
            lines += [f"[{table}]", f"{other}.workspace = true"]
        else:
            lines += [f"[{table}]", f'{other} = {{ path = "{up}{place}" }}']
    return _merged(lines)


def _merged(lines: Sequence[str]) -> str:
    """One table of each name, in the order in which they first came."""
    tables: dict[str, list[str]] = {}
    here: list[str] = []
    for line in lines:
        if line.startswith("["):
            here = tables.setdefault(line, [])
        else:
            here.append(line)
    return "\n\n".join("\n".join([header, *inside]) for header, inside in tables.items()) + "\n"


def _second(folder: str, name: str) -> Texts:
    manifest = (
        '[workspace]\n[package]\nname = "fuzz"\nversion = "0.0.0"\nedition = "2021"\n'
        f"[dependencies]\n{name} = {{ path = '../{folder}', version = '@' }}\n"
    )
    return {"fuzz/Cargo.toml": manifest, "fuzz/src/main.rs": "fn main() {}\n"}


def _ended(text: str) -> st.SearchStrategy[str]:
    """With either kind of line ends, with or without the last one."""
    return st.sampled_from([text, text.removesuffix("\n"), text.replace("\n", "\r\n")])
