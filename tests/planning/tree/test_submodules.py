"""What `.gitmodules` may say: names, addresses, and addresses relative to the repository around them."""

from __future__ import annotations

import pytest

from loadmaster.errors.git import SubmoduleRefused
from loadmaster.planning.tree.submodules import Carried, Submodule, SubmoduleSeen, address_of, submodules_of


def at(url: str) -> Submodule:
    return Submodule(path="n", commit="1" * 40, name="n", url=url)


@pytest.mark.parametrize(
    ("url", "base", "address"),
    [
        ("https://forge.example/a/b.git", None, "https://forge.example/a/b.git"),
        ("git@forge.example:a/b.git", None, "git@forge.example:a/b.git"),
        ("ssh://git@forge.example:22/a/b", None, "ssh://git@forge.example:22/a/b"),
        ("../b.git", "https://forge.example/a/top.git", "https://forge.example/a/b.git"),
        ("../b.git", "https://forge.example/a/top.git/", "https://forge.example/a/b.git"),
        ("../../c/b", "https://forge.example/a/top", "https://forge.example/c/b"),
        ("./b", "https://forge.example/a/top", "https://forge.example/a/top/b"),
        ("../b.git", "git@forge.example:a/top.git", "git@forge.example:a/b.git"),
        ("../b.git", "ssh://git@forge.example/a/top.git", "ssh://git@forge.example/a/b.git"),
    ],
)
def test_a_hosts_address_is_asked(url: str, base: str | None, address: str) -> None:
    assert address_of(at(url), base) == address


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("../b.git", None),
        ("../b.git", "/home/ada/top"),
        ("../../../../etc", "https://forge.example/a/top"),
        ("/home/ada/b", "https://forge.example/a/top"),
        ("file:///home/ada/b", None),
        ("ext::sh -c 'touch x'", None),
        ("../x", "ext::sh -c 'touch x'/a/b"),
        ("--upload-pack=touch x", None),
        ("ssh://-oProxyCommand=x/a", None),
        ("-oProxyCommand=x:a/b", None),
        ("git@-oProxyCommand=x:a/b", None),
        ("git@forge.example:-a/b", None),
        ("fd::7", None),
        ("C:/b", None),
        ("", None),
    ],
)
def test_what_is_no_hosts_address_is_refused(url: str, base: str | None) -> None:
    with pytest.raises(SubmoduleRefused, match="is no host's"):
        address_of(at(url), base)


@pytest.mark.parametrize("name", ["../x", "a/../../x", "..", "a\\..\\x", ".git/x", "a/.GIT", "-x", "a//b", "/x"])
def test_a_name_that_leads_out_is_refused(name: str) -> None:
    table = [(f"submodule.{name}.path", "n"), (f"submodule.{name}.url", "https://forge.example/a")]
    with pytest.raises(SubmoduleRefused, match="leads out"):
        submodules_of({"n": "1" * 40}, table)


def test_a_name_may_hold_dots_and_slashes() -> None:
    table = [("submodule.a/b.c.path", "n"), ("submodule.a/b.c.url", "https://forge.example/a")]
    (found,) = submodules_of({"n": "1" * 40}, table)
    assert isinstance(found, Submodule)
    assert (found.name, found.url) == ("a/b.c", "https://forge.example/a")


def test_an_entry_for_what_is_no_link_does_not_count_even_if_it_is_hostile() -> None:
    assert submodules_of({}, [("submodule.../x.path", "n"), ("submodule.../x.url", "y")]) == ()


def test_what_is_carried_has_another_name_if_a_file_is_missing() -> None:
    there, absent = SubmoduleSeen(path="n", commit="1" * 40), SubmoduleSeen(path="n", commit="1" * 40, absent="away")
    names = {
        each.name
        for each in (Carried(), Carried(lfs=True), Carried(submodules=(there,)), Carried(submodules=(absent,)))
    }
    assert len(names) == 4
