"""git-cliff, called as a program: changelog entries proposed from commits.

It asks no forge, and reads no configuration of the repository's: what comes out are the sections of Keep a Changelog, for a
person to edit. Where they go is `planning.changelogs`.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from pathlib import Path

from loadmaster.clients.process import environment, run
from loadmaster.errors import NotesNotProposed
from loadmaster.planning.changelogs import Scope

_CONFIGURATION = r"""
[changelog]
trim = true
body = '''
{% for group, commits in commits | group_by(attribute="group") %}
### {{ group | striptags | trim }}

{% for commit in commits -%}
- {% if commit.scope %}{{ commit.scope }}: {% endif %}{% if commit.breaking %}**breaking:** {% endif -%}
{{ commit.message | split(pat="\n") | first | trim | upper_first }}
{% endfor %}{% endfor %}'''

[git]
conventional_commits = true
filter_unconventional = false
protect_breaking_commits = true
commit_parsers = [
  { message = "^(Merge|Release|release|chore\\(release\\)|chore: (release|bump))", skip = true },
  { message = "^feat", group = "<!-- 0 -->Added" },
  { message = "^fix", group = "<!-- 3 -->Fixed" },
  { message = "^(revert|remove)", group = "<!-- 2 -->Removed" },
  { message = "^(build|chore|ci|docs|style|test)", skip = true },
  { message = ".*", group = "<!-- 1 -->Changed" },
]
"""
_DEADLINE = 120.0


def propose_notes(repository: Path, scope: Scope) -> str:
    """Markdown from the commits below `HEAD` that touch the scope's folders, since the last of its tags that is below, too.

    Empty if they tell nothing for users. Raises `NotesNotProposed`.
    """
    shape = "|".join(re.escape(each).replace(r"\{version\}", r"\d+\.\d+\.\d+(?:[-+].*)?") for each in scope.tags)
    with tempfile.TemporaryDirectory() as place:
        home = Path(place)
        configuration, log = home / "cliff.toml", home / "log"
        configuration.write_text(_CONFIGURATION, encoding="utf-8")
        argv = [_program(), "--offline", "--unreleased", "--strip", "all", "--config", str(configuration)]
        argv += ["--repository", str(repository), "--tag-pattern", f"^(?:{shape})$", "--use-branch-tags"]
        argv += [part for each in scope.include for part in ("--include-path", f"{each}/**")]
        argv += [part for each in scope.exclude for part in ("--exclude-path", f"{each}/**")]
        finished = run(argv, cwd=repository, env=environment(home), log=log, deadline=_DEADLINE)
    if finished.code != 0:
        raise NotesNotProposed(finished.tail)
    return finished.out.strip()


def _program() -> str:
    """The one that was installed with Loadmaster."""
    found = shutil.which("git-cliff", path=str(Path(sys.executable).parent))
    if found is None:
        raise NotesNotProposed("there is no `git-cliff` beside Loadmaster's own Python")
    return found
