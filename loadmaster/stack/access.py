"""How a process of ours signs in at the server, and what encrypts its Secret blocks: two files in `keys/`, 0600.

Both are made once, or taken over from the variables that Prefect's documentation advises. Neither is in the environment of
a process that lives while code of a workspace runs, because there that code could read it. Prefect's own processes read the
first one from the profile that is written into their `PREFECT_HOME`.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from pathlib import Path

from loadmaster.clients.disk import writing
from loadmaster.errors.access import BlockKeyBroken, BlockKeyDiffers, SignInMissing
from loadmaster.planning.profile.secret_variables import ENCRYPTION_VARIABLES, SIGN_IN_VARIABLES
from loadmaster.run.store import write_atomically
from loadmaster.stack.api import BUSY_PATIENCE, Api
from loadmaster.stack.block_key import key_in_database, take_from_database
from loadmaster.stack.record import Stack

KEY_BYTES = 32
PROFILE = "loadmaster"


def sign_in_file(home: Path) -> Path:
    return home / "keys" / "sign-in"


def block_key_file(home: Path) -> Path:
    return home / "keys" / "blocks"


def database(home: Path) -> Path:
    return home / "prefect" / "prefect.db"


def read_sign_in(home: Path) -> str:
    """What the server asks for, `USER:PASSWORD`. Raises `SignInMissing`."""
    try:
        return sign_in_file(home).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SignInMissing(str(sign_in_file(home)), error.strerror or str(error)) from error


def connect(home: Path, stack: Stack, *, busy_patience: float = BUSY_PATIENCE) -> Api:
    """A connection to the server of `home`, signed in. Raises `SignInMissing`."""
    sign_in = read_sign_in(home) if stack.signs_in else None
    return Api(stack.api_url, sign_in=sign_in, busy_patience=busy_patience)


def read_block_key(home: Path) -> str:
    return block_key_file(home).read_text(encoding="utf-8").strip()


def settle_access(home: Path, environment: Mapping[str, str], *, may_change: bool) -> None:
    """Makes both files, or takes over what the environment gives, and writes the profile for Prefect's processes.

    Call it before a server is started. Without `may_change` a sign-in that is there stays: the worker that waits for the
    server knows no other. Raises `BlockKeyBroken`, `BlockKeyDiffers`, `DiskFull`, `NotWritten`.
    """
    for directory in (home / "keys", home / "prefect"):
        with writing(directory):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    _settle_sign_in(home, environment, may_change=may_change)
    write_profile(home, read_sign_in(home))
    _settle_block_key(home, environment)


def write_profile(home: Path, sign_in: str) -> None:
    """Writes what Prefect's processes read of it, with `home/prefect` as their home."""
    settings = dict.fromkeys(SIGN_IN_VARIABLES, sign_in)
    lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]  # a JSON string is one of TOML
    text = "\n".join([f'active = "{PROFILE}"', "", f"[profiles.{PROFILE}]", *lines, ""])
    write_atomically(home / "prefect" / "profiles.toml", text.encode())


def _settle_sign_in(home: Path, environment: Mapping[str, str], *, may_change: bool) -> None:
    known = sign_in_file(home).exists()
    given = _given_sign_in(environment)
    if given is not None and (may_change or not known):
        write_atomically(sign_in_file(home), f"{given}\n".encode())
    elif not known:
        write_atomically(sign_in_file(home), f"loadmaster:{secrets.token_urlsafe(KEY_BYTES)}\n".encode())


def _given_sign_in(environment: Mapping[str, str]) -> str | None:
    """The person's own. `PREFECT_API_AUTH_STRING` is another server's where `PREFECT_API_URL` names one."""
    names = SIGN_IN_VARIABLES[:1] if environment.get("PREFECT_API_URL") else SIGN_IN_VARIABLES
    return next((environment[name] for name in names if environment.get(name)), None)


def _settle_block_key(home: Path, environment: Mapping[str, str]) -> None:
    file = block_key_file(home)
    variable = next((name for name in ENCRYPTION_VARIABLES if environment.get(name)), None)
    given = environment[variable] if variable is not None else None
    if variable is not None:
        _require_key(variable, environment[variable])
    kept = read_block_key(home) if file.exists() else None
    known = {f"`{variable}`": given, f"`{file}`": kept, "the database": key_in_database(database(home))}
    keys = {key for key in known.values() if key is not None}
    if len(keys) > 1:
        raise BlockKeyDiffers(str(file), [place for place, key in known.items() if key is not None])
    if kept is None:
        write_atomically(file, f"{next(iter(keys), None) or _new_key()}\n".encode())
    take_from_database(database(home))


def _new_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def _require_key(variable: str, given: str) -> None:
    """Raises `BlockKeyBroken` unless it is a key as Prefect's encryption takes it."""
    try:
        length = len(base64.urlsafe_b64decode(given))
    except ValueError:
        length = 0
    if length != KEY_BYTES:
        raise BlockKeyBroken(variable, KEY_BYTES)
