"""The state of a rehearsal registry before anybody uses it: one typed file, or a part of a request.

It knows the words of a scenario and which of them contradict each other. It refuses to know how a registry remembers
them: `seeding` puts them into one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints, ValidationError, model_validator

from loadmaster.errors.request import ScenarioBroken
from loadmaster.planning.crates_io.names import canonical, check_crate_name
from loadmaster.planning.crates_io.refusal import Refusal
from loadmaster.planning.crates_io.rules import check_version
from loadmaster.planning.values.json_text import read_json
from loadmaster.planning.values.toml_text import load_toml
from loadmaster.planning.values.value import Value
from loadmaster.rehearsal.registry.credentials import Lock
from loadmaster.rehearsal.registry.limits import OwnLimits
from loadmaster.run.profiles import problems_of


def _acceptable(check: Callable[[str], None]) -> Callable[[str], str]:
    """Turns a rule of crates.io into a validator of pydantic."""

    def checked(text: str) -> str:
        try:
            check(text)
        except Refusal as refusal:
            raise ValueError(refusal.detail) from None
        return text

    return checked


Login = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+$")]
TeamLogin = Annotated[str, StringConstraints(pattern=r"^github:[^:]+:[^:]+$")]
CrateName = Annotated[str, AfterValidator(_acceptable(check_crate_name))]
ScenarioVersion = Annotated[str, AfterValidator(_acceptable(check_version))]
TokenScope = Literal["publish-new", "publish-update", "yank", "change-owners", "trusted-publishing"]


class User(Value):
    login: Login
    id: int | None = Field(default=None, ge=1)
    """The id on the registry; the next free one if left out."""
    email_verified: bool = True
    locked: Lock | None = None
    limits: OwnLimits | None = None
    """The limits of this account's buckets; the world's if left out."""


class Team(Value):
    login: TeamLogin
    """`github:ORGANISATION:TEAM`"""
    members: tuple[Login, ...] = ()
    restricted: bool = False
    """Its organisation does not let crates.io see who is a member."""


class ActorToken(Value):
    """The rights of a token. A field that is left out sets no limit."""

    scopes: tuple[TokenScope, ...] | None = None
    crates: tuple[str, ...] | None = None
    """Patterns: a name, `prefix*` or `*`."""
    expires: AwareDatetime | None = None
    revoked: bool = False


class ScenarioToken(ActorToken):
    user: Login
    name: str | None = Field(default=None, pattern=r"^[a-z0-9_-]+$")
    """The token is written to the file `NAME.token` in the world's directory."""
    token: str | None = Field(default=None, pattern=r"^cio[!-~]+$")
    """The token itself; made up if left out."""

    @model_validator(mode="after")
    def _can_be_found(self) -> Self:
        if self.name is None and self.token is None:
            raise ValueError("give `name`, to find the token that is made up, or the `token` itself")
        if self.name in ("registry", "forge", "identity", "python"):
            raise ValueError(f'`name = "{self.name}"` is the world\'s own credential; choose another')
        return self


class ScenarioCrate(Value):
    name: CrateName
    owners: tuple[Login | TeamLogin, ...] = Field(min_length=1)
    versions: tuple[ScenarioVersion, ...] = ()
    """Versions of tiny made-up crates that cargo can resolve. If empty, only the owners of upstream's crate are set."""
    trustpub_only: bool = False
    invited: tuple[Login, ...] = ()
    """Users who are invited as owners and have not answered."""


class Deleted(Value):
    name: CrateName
    at: AwareDatetime | None = None
    """The world's first opening if left out."""


class Reserved(Value):
    name: CrateName


class TrustedPublisher(Value):
    """One configuration of trusted publishing, kept unchanged, including blanks."""

    crate: CrateName
    provider: Literal["github"] = "github"
    repository_owner: str
    repository_owner_id: int
    repository_name: str
    workflow_filename: str
    environment: str | None = None


class ForgeAccount(Value):
    login: str
    id: int = Field(ge=1)


class Scenario(Value):
    users: tuple[User, ...] = ()
    teams: tuple[Team, ...] = ()
    tokens: tuple[ScenarioToken, ...] = ()
    crates: tuple[ScenarioCrate, ...] = ()
    deleted: tuple[Deleted, ...] = ()
    """Deleted crates, whose names cannot be used again for a day."""
    reserved: tuple[Reserved, ...] = ()
    """Reserved names besides crates.io's."""
    trusted_publishing: tuple[TrustedPublisher, ...] = ()
    forge_accounts: tuple[ForgeAccount, ...] = ()
    """Users and organisations that GitHub knows, besides the users here, the project's owner, and those in configurations."""
    actor: Login | None = None
    """The account of the rehearsal's own credential; an account of its own if left out."""
    actor_token: ActorToken = ActorToken()
    read_only: bool = False
    blocked_agents: tuple[str, ...] = ()
    """Parts of a `User-Agent` that are turned away; crates.io turns away `curl`."""
    daily_per_crate: int | None = Field(default=None, ge=0)
    """Versions of one crate in 24 hours; the world's limit if left out."""

    @model_validator(mode="after")
    def _is_one_story(self) -> Self:
        """Everybody who is named must be a user or a team of the scenario, or its actor, and nothing may be defined twice."""
        logins, teams = [user.login for user in self.users], [team.login for team in self.teams]
        for what, names in (
            ("user", logins),
            ("user id", [str(user.id) for user in self.users if user.id]),
            ("team", teams),
            ("crate", [canonical(crate.name) for crate in self.crates]),
            ("token", [token.name for token in self.tokens if token.name]),
        ):
            if twice := _repeated(names):
                raise ValueError(f"{what} `{twice}` is there twice")
        users = {login.lower() for login in (*logins, *((self.actor,) if self.actor else ()))}
        for name, where in self._named_users():
            if name.lower() not in users:
                raise ValueError(f"`{name}`, {where}, is no user of the scenario")
        known = {login.lower() for login in teams}
        for crate in self.crates:
            for owner in crate.owners:
                if ":" in owner and owner.lower() not in known:
                    raise ValueError(f"`{owner}`, an owner of `{crate.name}`, is no team of the scenario")
        return self

    def _named_users(self) -> Iterable[tuple[str, str]]:
        for team in self.teams:
            yield from ((member, f"a member of `{team.login}`") for member in team.members)
        yield from ((token.user, "who has a token") for token in self.tokens)
        for crate in self.crates:
            yield from ((owner, f"an owner of `{crate.name}`") for owner in crate.owners if ":" not in owner)
            yield from ((invited, f"invited to `{crate.name}`") for invited in crate.invited)


def read_scenario(file: Path) -> Scenario:
    """A scenario in TOML, or in JSON if the file's name ends so. Raises `ScenarioBroken`."""
    try:
        text = file.read_text(encoding="utf-8")
        document: Any = read_json(text) if file.suffix == ".json" else load_toml(text)
    except (OSError, ValueError) as error:
        raise ScenarioBroken(str(file), [str(error)]) from error
    try:
        return Scenario.model_validate(document)
    except ValidationError as error:
        raise ScenarioBroken(str(file), problems_of(error)) from error


def _repeated(names: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for name in names:
        if name.lower() in seen:
            return name
        seen.add(name.lower())
    return None
