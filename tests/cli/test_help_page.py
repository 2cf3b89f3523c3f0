"""The page about the command line is the one that the commands' help makes."""

from __future__ import annotations

from typer.core import TyperGroup
from typer.main import get_group

from loadmaster.cli.app import app
from loadmaster.cli.help_page import commands_of, page
from tests.kit.checkout import ROOT


def test_the_page_is_current() -> None:
    told = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    assert told == page(), "run: python -m loadmaster.cli.help_page > docs/command-line.md"


def test_every_command_is_on_it_with_every_option() -> None:
    sections = {name: rest for name, _, rest in (each.partition("`\n") for each in page().split("### `loadmaster "))}
    for name, command in commands_of(get_group(app)):
        own = [each for each in command.params if "--quiet" not in each.opts and "--verbose" not in each.opts]
        assert [
            option for each in own for option in each.opts if f"`{option}`" not in sections[name] and "-" in option
        ] == []


def test_every_command_is_as_loud_as_it_is_told_to_be_also_one_of_a_group() -> None:
    group = get_group(app)
    inner = [each for each in group.commands.values() if isinstance(each, TyperGroup)]
    assert [each.name for each in inner] == ["project", "profile"]
    for command in (group, *inner, *(command for _, command in commands_of(group))):
        options = [option for each in command.params for option in each.opts]
        assert (options.count("-v"), options.count("-q")) == (1, 1), command.name
