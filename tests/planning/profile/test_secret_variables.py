"""Which variables hold a credential, as far as their names say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadmaster.planning.profile.secret_variables import FILE_VARIABLES, GIT_ONLY, GIVEN_VARIABLES, names_credential

CREDENTIALS = (
    *("GITHUB_TOKEN", "GH_TOKEN", "CARGO_REGISTRIES_MY_CORP_TOKEN", "NPM_TOKEN_FILE", "NPMTOKEN", "github_token"),
    *("PGPASSWORD", "DB_PASSWORD", "MYSQL_PWD", "SUDO_PASSWD", "GPG_PASSPHRASE", "CLIENT_SECRET", "SECRETS_PLACE"),
    *("OPENAI_API_KEY", "OPENAI_APIKEY", "SIGNING_KEYS", "AZURE_PAT", "GOOGLE_APPLICATION_CREDENTIALS"),
    *("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "ACTIONS_RUNTIME_URL", "ACTIONS_CACHE_URL", "CARGO_REGISTRIES_X_SECRET_KEY"),
    *("CARGO_REGISTRY_CREDENTIAL_PROVIDER", "CARGO_REGISTRY_GLOBAL_CREDENTIAL_PROVIDERS"),
    *("CARGO_REGISTRIES_X_CREDENTIAL_PROVIDER", "CARGO_CREDENTIAL_ALIAS_VAULT"),
)
OTHERS = (
    *("PATH", "HOME", "PWD", "OLDPWD", "GIT_CONFIG_GLOBAL", "CARGO_NET_GIT_FETCH_WITH_CLI", "DATABASE_URL", "DISPLAY"),
    *("RUSTFLAGS", "CARGO_REGISTRIES_X_INDEX", "MONKEY", "KEYBOARD_LAYOUT", "TOKENIZERS_PARALLELISM", "PATTERN"),
    *("GITHUB_REPOSITORY", "LIBCLANG_PATH", "PROTOC", "SECRETARY", "PKG_CONFIG_PATH"),
)


@pytest.mark.parametrize("name", [*CREDENTIALS, *sorted(GIVEN_VARIABLES), *sorted(FILE_VARIABLES)])
def test_these_names_say_that_they_hold_a_credential(name: str) -> None:
    assert names_credential(name)


@pytest.mark.parametrize("name", [*OTHERS, *sorted(GIT_ONLY)])
def test_these_names_do_not(name: str) -> None:
    assert not names_credential(name)


WORDS = st.lists(st.from_regex(r"[A-Z0-9]{1,8}", fullmatch=True), max_size=3)


@given(WORDS, st.sampled_from(["TOKEN", "PASSWORD", "SECRET", "CREDENTIAL", "PASSPHRASE"]), WORDS, st.booleans())
def test_a_word_is_found_wherever_it_stands(before: list[str], word: str, after: list[str], is_lower: bool) -> None:
    name = "_".join([*before, word, *after])
    assert names_credential(name.lower() if is_lower else name)
