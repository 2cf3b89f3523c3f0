"""git-cliff, run as a program: it proposes changelog entries from commits.

It asks no forge, and reads no configuration of the repository. It makes sections of Keep a Changelog, for a person to edit;
`planning.changelogs` puts them in their place.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

from loadmaster.clients import git
from loadmaster.clients.disk import scratch, writing
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
    """Markdown made from the commits since the scope's tags that touch its folders.

    Empty if none of them concerns users. git finds these commits, because git-cliff's own search by path takes a minute for
    5,000 commits. Raises `NotesNotProposed`, and what asking git raises.
    """
    released = [f"refs/tags/{tag}" for tag in scope.tags]
    commits = git.commits_since(repository, released, scope.include, scope.exclude)
    if not commits:
        return ""
    newest = [git.newest(repository, released)] if released else []
    others = git.commits_since(repository, newest) - commits
    with scratch() as home:
        configuration, log = home / "cliff.toml", home / "log"
        with writing(configuration):
            configuration.write_text(_configuration(others), encoding="utf-8")
        argv = [_program(), "--offline", "--strip", "all", "--config", str(configuration)]
        argv += ["--repository", str(repository), "--tag-pattern", _NO_TAG]
        argv += [f"{commit}..HEAD" for commit in newest]
        try:
            finished = run(argv, cwd=repository, env=environment(home), log=log, deadline=_DEADLINE)
        except subprocess.TimeoutExpired as error:
            raise NotesNotProposed(f"it took longer than {_DEADLINE:.0f} s") from error
    if finished.code != 0:
        raise NotesNotProposed(finished.tail)
    return finished.out.strip()


def _configuration(others: Collection[str]) -> str:
    """The configuration with a group for the other commits, because git-cliff cannot skip breaking ones."""
    before, heading, parsers = _CONFIGURATION.partition("commit_parsers = [\n")
    grouped = "".join(f'  {{ sha = "{commit}", group = "others" }},\n' for commit in sorted(others))
    return f"{before}{heading}{grouped}{parsers}]\n"


def _program() -> str:
    """The `git-cliff` that was installed with Loadmaster."""
    program = shutil.which("git-cliff", path=str(Path(sys.executable).parent))
    if program is None:
        raise NotesNotProposed("there is no `git-cliff` beside Loadmaster's own Python")
    return program
