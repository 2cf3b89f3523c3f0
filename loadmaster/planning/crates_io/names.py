"""Which names of crates, dependencies and features crates.io accepts, and which it reserves. Pure."""

from __future__ import annotations

from loadmaster.planning.crates_io.refusal import bad_request

LONGEST_NAME = 64

_RESERVED = frozenset(
    """alloc arena ast builtins collections compiler-builtins compiler-rt compiletest core coretest debug driver flate
    fmt_macros grammar graphviz macro macros proc_macro rbml rust-installer rustbook rustc rustc_back rustc_borrowck
    rustc_driver rustc_llvm rustc_resolve rustc_trans rustc_typeck rustdoc rustllvm rustuv serialize std syntax test
    unicode nul con prn aux com1 com2 com3 com4 com5 com6 com7 com8 com9 lpt1 lpt2 lpt3 lpt4 lpt5 lpt6 lpt7 lpt8 lpt9
    """.replace("-", "_").split()
)


def canonical(name: str) -> str:
    """The form that all spellings of a crate's name share. They differ only in case, `-` and `_`."""
    return name.lower().replace("-", "_")


def check_not_reserved(name: str) -> None:
    if canonical(name) in _RESERVED:
        raise bad_request("cannot upload a crate with a reserved name")


def check_crate_name(name: str, what: str = "crate") -> None:
    """Raises `Refusal`. `what` is `crate`, or `dependency` for the name of a needed crate."""
    _check_name(name, what, start="", first="the first character must be an ASCII character")


def check_dependency_key(name: str) -> None:
    """Checks a dependency's name in a manifest: a crate's name, or one that starts with `_`."""
    _check_name(name, "dependency", start="_", first="the first character must be an ASCII character, or `_`")


def _check_name(name: str, what: str, *, start: str, first: str) -> None:
    if len(name) > LONGEST_NAME:
        raise bad_request(f"the {what} name `{name}` is too long (max {LONGEST_NAME} characters)")
    if not name:
        raise bad_request(f"{what} name cannot be empty")
    if name[0] in "0123456789":
        raise bad_request(f"the name `{name}` cannot be used as a {what} name, the name cannot start with a digit")
    if not (name[0].isascii() and name[0].isalpha()) and name[0] not in start:
        raise bad_request(f"invalid character `{name[0]}` in {what} name: `{name}`, {first}")
    for character in name[1:]:
        if not (character.isascii() and character.isalnum()) and character not in "-_":
            raise bad_request(
                f"invalid character `{character}` in {what} name: `{name}`, "
                "characters must be an ASCII alphanumeric characters, `-`, or `_`"
            )


def check_feature_name(name: str) -> None:
    if not name:
        raise bad_request("feature cannot be empty")
    # Python's identifiers are Unicode's: the first character is XID_Start or `_`, the others are XID_Continue.
    if not name[0].isidentifier() and name[0] not in "0123456789":
        raise bad_request(
            f"invalid character `{name[0]}` in feature `{name}`, the first character must be a Unicode XID start "
            "character or digit (most letters or `_` or `0` to `9`)"
        )
    for character in name[1:]:
        if not f"_{character}".isidentifier() and character not in "+-.":
            raise bad_request(
                f"invalid character `{character}` in feature `{name}`, characters must be Unicode XID characters, "
                "`+`, `-`, or `.` (numbers, `+`, `-`, `_`, `.`, or most letters)"
            )


def check_feature_value(value: str) -> None:
    """Checks what a feature turns on: `name`, `dep:name`, `name/feature` or `name?/feature`."""
    dependency, slash, feature = value.partition("/")
    if slash:
        check_dependency_key(dependency.removesuffix("?"))
        check_feature_name(feature)
    elif "dep:" in value:
        check_dependency_key(value.partition("dep:")[2])
    else:
        check_feature_name(value)
