"""git-cliff, called as a program: changelog entries proposed from commits.

It asks no forge, and reads no configuration of the repository's: what comes out are the sections of Keep a Changelog, for a
person to edit. Where they go is `planning.changelogs`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection
from pathlib import Path

from loadmaster.clients import git
from loadmaster.clients.process import environment, run
from loadmaster.errors.edits import NotesNotProposed
from loadmaster.planning.edits.changelogs import NotesScope

_CONFIGURATION = r"""
[changelog]
trim = true
body = '''
{% for group, commits in commits | group_by(attribute="group") %}{% if group != "others" %}
### {{ group | striptags | trim }}

{% for commit in commits -%}
- {% if commit.scope %}{{ commit.scope }}: {% endif %}{% if commit.breaking %}**breaking:** {% endif -%}
{{ commit.message | split(pat="\n") | first | trim | upper_first }}
{% endfor %}{% endif %}{% endfor %}'''

[git]
conventional_commits = true
filter_unconventional = false
protect_breaking_commits = true
commit_parsers = [
  { message = "^(Merge|Release|release|chore\\(release\\)|chore: (release|bump))", skip = true },
  { message = "^feat", group = "<!-- 0 -->Added" },
  { message = "^fix", group = "<!-- 3 -->Fixed" },
  { message = "^(revert|remove)", group = "<!-- 2 -->Removed" },
  { message = "^(build|chore|ci|docs|style|test)", skip = true, group = "<!-- 1 -->Changed" },
  { message = ".*", group = "<!-- 1 -->Changed" },
"""
_NO_TAG = r"[^\s\S]"
_DEADLINE = 120.0


def propose_notes(repository: Path, scope: NotesScope) -> str:
    """Markdown from the commits below `HEAD`, and below none of the scope's tags, that touch its folders.

    Empty if they tell nothing for users. Which commits these are, git tells: git-cliff's own search by path takes a minute
    for 5,000 commits. Raises `NotesNotProposed`, and what asking git raises.
    """
    released = [f"refs/tags/{each}" for each in scope.tags]
    told = git.commits_since(repository, released, scope.include, scope.exclude)
    if not told:
        return ""
    newest = [git.newest(repository, released)] if released else []
    others = git.commits_since(repository, newest) - told
    with tempfile.TemporaryDirectory() as place:
        home = Path(place)
        configuration, log = home / "cliff.toml", home / "log"
        configuration.write_text(_configuration(others), encoding="utf-8")
        argv = [_program(), "--offline", "--strip", "all", "--config", str(configuration)]
        argv += ["--repository", str(repository), "--tag-pattern", _NO_TAG]
        argv += [f"{each}..HEAD" for each in newest]
        try:
            finished = run(argv, cwd=repository, env=environment(home), log=log, deadline=_DEADLINE)
        except subprocess.TimeoutExpired as error:
            raise NotesNotProposed(f"it took longer than {_DEADLINE:.0f} s") from error
    if finished.code != 0:
        raise NotesNotProposed(finished.tail)
    return finished.out.strip()


def _configuration(others: Collection[str]) -> str:
    """With a group of their own for the other commits: those that break something could not be skipped."""
    before, heading, parsers = _CONFIGURATION.partition("commit_parsers = [\n")
    grouped = "".join(f'  {{ sha = "{each}", group = "others" }},\n' for each in sorted(others))
    return f"{before}{heading}{grouped}{parsers}]\n"


def _program() -> str:
    """The one that was installed with Loadmaster."""
    found = shutil.which("git-cliff", path=str(Path(sys.executable).parent))
    if found is None:
        raise NotesNotProposed("there is no `git-cliff` beside Loadmaster's own Python")
    return found
