"""Reads settings from the environment and explains a value that cannot be used.

Every variable is read through a `reader()`; `check(reader)` raises one error that lists all wrong ones at once.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

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
        wrong = "; ".join(f"{name}: {' '.join(messages)}" for name, messages in error.error_messages.items())
        raise ImproperlyConfigured(f"The environment has settings that cannot be used. {wrong}") from None


def one_of(*words: str) -> Callable[[str], None]:
    """A check that a variable holds one of `words`."""

    def check_word(value: str) -> None:
        if value not in words:
            raise ValidationError(f"Use one of: {', '.join(words)}.")

    return check_word


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
