"""Reads settings from the environment and explains a value that cannot be used.

Every variable is read through a `reader()`; `check(reader)` raises one error that lists all wrong ones at once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvValidationError, ValidationError

from hub.launcher import database

BASE_DIR = Path(__file__).resolve().parent.parent


def reader() -> Env:
    """A reader of typed variables that gathers what is wrong instead of stopping at the first."""
    return Env(eager=False)


def check(reader: Env) -> None:
    """Raise ImproperlyConfigured naming every variable whose value could not be used."""
    try:
        reader.seal()
    except EnvValidationError as error:
        found = error.error_messages if isinstance(error.error_messages, Mapping) else {"": error.error_messages}
        wrong = "; ".join(f"{name}: {' '.join(messages)}" for name, messages in found.items())
        raise ImproperlyConfigured(f"The environment has settings that cannot be used. {wrong}") from None


def one_of(*words: str) -> Callable[[str], None]:
    """A check that a variable holds one of `words`."""

    def check_word(value: str) -> None:
        if value not in words:
            raise ValidationError(f"Use one of: {', '.join(words)}.")

    return check_word


def hosts_of(base_url: str) -> list[str]:
    """The host names that the hub answers to unless told otherwise: its own and this machine's.

    A hub that was told to listen everywhere (`HOST=0.0.0.0`) cannot know its name, and answers to any.
    """
    host = urlsplit(base_url).hostname or "localhost"
    return ["*"] if host in ("0.0.0.0", "::") else [host, "localhost", "127.0.0.1", "[::1]"]  # noqa: S104  # compared, not bound


def data_dir() -> Path:
    """The folder for everything the hub writes when it brings its own services (`HUB_DATA_DIR`, default `var`)."""
    return Path(os.environ.get("HUB_DATA_DIR") or BASE_DIR / "var").expanduser().resolve()


def secret(name: str, file: Path) -> str:
    """A secret from the variable `name`, else from the file that `{name}_FILE` names, else from `file`.

    The launcher makes the files on first start. Without any of them the hub refuses to run,
    because a made-up key would sign everybody out at each restart.
    """
    if value := os.environ.get(name):
        return value
    path = Path(os.environ.get(f"{name}_FILE") or file)
    try:
        return path.read_text().strip()
    except OSError:
        raise ImproperlyConfigured(
            f"{name} is not set and {path} cannot be read. Set {name} or {name}_FILE, or start with `make up`, which makes it."
        ) from None


def database_url() -> str:
    """`DATABASE_URL`, else the address of the embedded PostgreSQL under the data folder (running or not)."""
    if url := os.environ.get("DATABASE_URL"):
        return url
    return database.running_url(data_dir()) or f"postgresql://postgres@/assistant_hub?host={data_dir() / 'postgres'}"
