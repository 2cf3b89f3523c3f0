"""The environment variables that hold credentials: the names of Loadmaster's own, and how to tell others by their names.

Imports nothing: the command line reads it before anything else, to leave an environment that holds a credential.
"""

from __future__ import annotations

import re

TOKEN_VARIABLE = "LOADMASTER_REGISTRY_TOKEN"
NEW_TOKEN_VARIABLE = "LOADMASTER_REGISTRY_TOKEN_NEW"
"""A second token, for crates that are new."""
CARGO_TOKEN_VARIABLE = "CARGO_REGISTRY_TOKEN"
"""cargo's own variable, for crates.io. Its token is sent to no other registry."""
FORGE_TOKEN_VARIABLE = "LOADMASTER_FORGE_TOKEN"
"""The token for a live forge."""
IDENTITY_VARIABLES = ("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN")
"""The address and the secret with which a job of GitHub Actions asks for an ID token."""
SECRET_VARIABLES = frozenset(
    {TOKEN_VARIABLE, NEW_TOKEN_VARIABLE, CARGO_TOKEN_VARIABLE, FORGE_TOKEN_VARIABLE, IDENTITY_VARIABLES[1]}
)
"""The variables whose values no other process may see."""
GIVEN_VARIABLES = SECRET_VARIABLES | {IDENTITY_VARIABLES[0]}
"""What a person or a CI job gives to a release: the secrets, and the address that belongs to one of them."""
ENCRYPTION_VARIABLES = ("PREFECT_SERVER_ENCRYPTION_KEY", "PREFECT_API_ENCRYPTION_KEY")
"""By which a person gives the key of the Secret blocks. Prefect 3.8.8 reads the first; our documentation advised the second."""
SIGN_IN_VARIABLES = ("PREFECT_SERVER_API_AUTH_STRING", "PREFECT_API_AUTH_STRING")
"""By which a person gives the sign-in of the Prefect server."""
SERVER_VARIABLES = frozenset((*ENCRYPTION_VARIABLES, *SIGN_IN_VARIABLES))
"""What `up` takes over into files, and nobody else reads."""
FILE = "_FILE"
"""The end of a variable that names a file with the secret, or a pipe."""
FILE_VARIABLES = frozenset(name + FILE for name in GIVEN_VARIABLES)
GIT_ONLY = frozenset({"SSH_AUTH_SOCK", "SSH_AGENT_PID", "GIT_ASKPASS", "SSH_ASKPASS"})
"""Ways to a credential that a profile may give to git. cargo does not get them: it runs the workspace's code."""

_ANYWHERE = r"(?:^|_)(?:TOKENS?|PASSWORDS?|PASSWD|PASSPHRASE|SECRETS?|CREDENTIALS?)(?:_|$)"
_AT_THE_END = r"(?:(?:TOKEN|PASSWORD|SECRET|APIKEY)|_(?:KEYS?|PAT|PWD))$"
_OF_A_SERVICE = r"^(?:ACTIONS|AWS)_"
_CREDENTIAL_PROVIDERS = r"^CARGO_(?:.*_)?CREDENTIAL_(?:PROVIDERS?|ALIAS)"
_CREDENTIAL = re.compile("|".join((_ANYWHERE, _AT_THE_END, _OF_A_SERVICE, _CREDENTIAL_PROVIDERS)))


def names_credential(variable: str) -> bool:
    """Whether a variable holds a credential, or the way to one, as far as its name says.

    It does if a word of the name is `TOKEN`, `PASSWORD`, `PASSWD`, `PASSPHRASE`, `SECRET` or `CREDENTIAL`; if the name ends in
    `_KEY`, `_KEYS`, `_PAT`, `_PWD`, or in one of those words without a line before it; and if it begins with `ACTIONS_` or
    `AWS_`. Upper and lower case are the same. So do Prefect's own variables for a sign-in.
    """
    return variable in SERVER_VARIABLES or _CREDENTIAL.search(variable.upper()) is not None
