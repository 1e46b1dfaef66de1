"""What is known to be wrong before anything starts is said in one line."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest

from hub.launcher import checks, settings
from hub.launcher.errors import CannotStart

pytestmark = pytest.mark.enable_socket


def at(port: int, host: str = "127.0.0.1") -> settings.Settings:
    return settings.read({"PORT": str(port), "HOST": host})


def test_a_free_port_passes(free_port: int) -> None:
    checks.port_is_free(at(free_port))


def test_a_port_in_use_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(CannotStart, match=re.escape(f"127.0.0.1:{port} is in use")):
            checks.port_is_free(at(port))


def test_an_address_of_another_machine_is_explained(free_port: int) -> None:
    with pytest.raises(CannotStart, match=r"HOST is '192\.0\.2\.1'"):
        checks.port_is_free(at(free_port, "192.0.2.1"))


def test_a_database_that_does_not_answer_is_explained_without_its_password(free_port: int) -> None:
    with pytest.raises(CannotStart, match="DATABASE_URL does not answer") as caught:
        checks.database_answers(f"postgresql://hub:secret@127.0.0.1:{free_port}/hub")
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_redis_that_answers_passes_and_one_that_does_not_is_named(free_port: int, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        checks.redis_answers(f"redis://127.0.0.1:{server.getsockname()[1]}/0")
    with pytest.raises(CannotStart, match=re.escape(f"127.0.0.1:{free_port}")):
        checks.redis_answers(f"redis://127.0.0.1:{free_port}/0")
    with pytest.raises(CannotStart, match=r"none\.sock"):
        checks.redis_answers(f"unix://{tmp_path}/none.sock")
