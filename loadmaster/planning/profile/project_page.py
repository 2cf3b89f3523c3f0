"""The page `docs/project.md`, generated from the profile's docstrings: `python -m loadmaster.planning.profile.project_page`."""

from __future__ import annotations

from collections.abc import Iterator

from loadmaster.planning.profile.fields import ProfileTable, tables

_HEAD = """# Profiles

A profile says where a workspace is and how it is released. It is `loadmaster.toml` beside the workspace's `Cargo.toml`, or the
table `[workspace.metadata.loadmaster]` in it; both at once is an error. Commands find it from the working directory upwards, to
the top of the repository. `loadmaster init` writes it ([any-workspace.md](any-workspace.md)).

    loadmaster profile check            # everything that is wrong with it, with lines
    loadmaster profile explain FIELD    # what this page says of one field
    loadmaster profile schema           # the JSON Schema, for editors: the line `#:schema ./loadmaster.schema.json`

**Its name** is its `name`, or else the NAME of its `forge`: that is the same in every clone, whatever the directory is called. Two
profiles of one repository need a `name` each.

**Its repository** is the one in which it lies, and it cannot name another one. In a clone, commands plan and rehearse that
clone, as with `--repository`, and `release` pushes to the clone's origin. The profile itself may be uncommitted: it says how is
released, and is no part of what is.

**A server that releases many** knows a project by name, however its profile got there. What is made known or forgotten is so at
once, to server, forms and workers of this machine:

| where the profile is | how it becomes known | what counts |
|---|---|---|
| in its repository | by `loadmaster project add PATH` (or a URL) | what the release branch has; each run reads it anew |
| in the clone in which a command runs | by that command | the file as it is |
| in the directory that `LOADMASTER_PROJECTS` names, as `NAME.toml` | by being there | the file; it goes before all others |
| in Loadmaster's own `projects/`, as examples | by being there | the file, if no other project has the name |

A profile that cannot be used breaks nothing but itself: `loadmaster projects` shows it with its problem.

**A profile in a repository is a stranger's file**: whoever can commit there writes it. It is at most 64 KiB, has no control
characters, and no link leads out of the repository. The following count only once a person allowed them on this machine
(`loadmaster project allow NAME FIELD`), with the values that they had then: `cargo.environment`, `cargo.sandbox = "none"`,
`cargo.sandbox_reads`, `registry.credentials.token_block`, `registry.credentials.new_token_block`, `preflight.probe`,
`smoke.artefact`, and a `forge` that is not the one of the repository's address.

An unknown field is an error. `projects/demo.toml` and `projects/assay.toml` are two examples. This page is generated from the
model in `loadmaster/planning/profile/project.py` and its parts.
"""


def page() -> str:
    return "\n".join([_HEAD, *(line for table in tables() for line in _section(table))])


def _section(table: ProfileTable) -> Iterator[str]:
    if table.name:
        yield f"## `{table.header}`\n\n{table.says}\n"
    yield "| field | default | |\n|---|---|---|"
    for field in table.fields:
        escaped = field.says.replace("|", "\\|")
        yield f"| `{field.name}` | {field.default} | {escaped} |"
    yield ""


if __name__ == "__main__":
    print(page(), end="")
