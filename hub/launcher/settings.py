"""What the launcher reads from the environment, checked before anything starts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from hub.launcher.errors import CannotStart

PROJECT = Path(__file__).resolve().parents[2]
# A server may listen on every address, but a link needs one that a browser can open.
EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}
DATABASE_SCHEMES = ("postgres", "postgresql")
REDIS_SCHEMES = ("redis", "rediss", "unix")


@dataclass(frozen=True)
class Settings:
    """Where the hub listens, where it keeps its files and which outside services it uses."""

    host: str
    port: int
    data_dir: Path
    public_url: str | None = None
    database_url: str | None = None
    redis_url: str | None = None

    @property
    def listens_everywhere(self) -> bool:
        """Whether other machines come in under names that are not known here."""
        return self.host in EVERY_ADDRESS

    @property
    def reachable_host(self) -> str:
        """The address to connect to from this machine."""
        return EVERY_ADDRESS.get(self.host, self.host)

    @property
    def url(self) -> str:
        """The address that people and clients use, without a slash at the end."""
        host = f"[{self.reachable_host}]" if ":" in self.reachable_host else self.reachable_host
        return self.public_url or f"http://{host}:{self.port}"

    @property
    def run_dir(self) -> Path:
        """Files about what is running now."""
        return self.data_dir / "run"

    @property
    def log_dir(self) -> Path:
        """One log for each process."""
        return self.data_dir / "logs"

    @property
    def first_run_file(self) -> Path:
        """How to sign in the first time, for scripts."""
        return self.data_dir / "first-run.json"

    def folders(self) -> list[Path]:
        """The folders under the data folder that must exist before anything starts."""
        broker = self.data_dir / "broker"
        queues = [broker / name for name in ("queue", "control", "processed")]
        return [self.run_dir, self.log_dir, self.data_dir / "keys", broker, *queues]


def read(environment: Mapping[str, str]) -> Settings:
    """Read the settings. Raises CannotStart for a value that cannot be used, naming the variable."""
    return Settings(
        host=environment.get("HOST") or "127.0.0.1",
        port=_port(environment.get("PORT") or "8000"),
        data_dir=Path(environment.get("HUB_DATA_DIR") or PROJECT / "var").expanduser().resolve(),
        public_url=_url("HUB_BASE_URL", environment, ("http", "https")),
        database_url=_database(environment),
        redis_url=_url("REDIS_URL", environment, REDIS_SCHEMES),
    )


def make_folders(settings: Settings) -> None:
    """Make the data folder and what it holds, closed to other users. Raises CannotStart if that fails."""
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in settings.folders():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not os.access(settings.data_dir, os.W_OK | os.X_OK):
            raise PermissionError(13, "Permission denied")
    except OSError as error:
        raise CannotStart(
            f"The data folder {settings.data_dir} cannot be used ({error.strerror}). "
            "Set HUB_DATA_DIR to a folder that you may write to."
        ) from error


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= 65535):
        raise CannotStart(
            f"PORT is {text!r}, but a port is a whole number from 1 to 65535. Example: PORT=8080 make up."
        )
    return int(text)


def _url(name: str, environment: Mapping[str, str], schemes: tuple[str, ...]) -> str | None:
    value = environment.get(name)
    if not value:
        return None
    forms = " or ".join(f"{scheme}://" for scheme in schemes)
    try:
        parts = urlsplit(value)
        usable = parts.scheme in schemes and bool(parts.netloc or parts.path) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        # The value is not repeated: such addresses carry passwords.
        raise CannotStart(f"{name} is not an address the hub can use. It must begin with {forms} and name a host.")
    return value.rstrip("/") if name == "HUB_BASE_URL" else value


def _database(environment: Mapping[str, str]) -> str | None:
    value = _url("DATABASE_URL", environment, DATABASE_SCHEMES)
    if value and not urlsplit(value).path.strip("/"):
        raise CannotStart(
            "DATABASE_URL names no database. Add one at its end: postgresql://user@host:5432/assistant_hub."
        )
    return value
