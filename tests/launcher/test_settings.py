"""Reading the environment: what is taken, and what is explained and refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.launcher import settings
from hub.launcher.errors import CannotStart


def test_nothing_needs_to_be_set() -> None:
    read = settings.read({})
    assert read.url == "http://127.0.0.1:8000"
    assert read.data_dir == settings.PROJECT / "var"
    assert read.database_url is None
    assert read.redis_url is None


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
        ("::1", "http://[::1]:8000"),
        ("hub.test", "http://hub.test:8000"),
    ],
)
def test_the_url_is_one_that_can_be_opened(host: str, url: str) -> None:
    assert settings.read({"HOST": host}).url == url


def test_the_public_address_is_taken_as_given() -> None:
    assert settings.read({"HUB_BASE_URL": "https://hub.test/"}).url == "https://hub.test"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("PORT", "8000 "),
        ("PORT", "9" * 5000),
        ("PORT", "٨٠٠٠"),
        ("DATABASE_URL", "mysql://user@host/name"),
        ("DATABASE_URL", "postgresql://user:secret@host:5432"),
        ("DATABASE_URL", "postgresql://user:secret@host:port/name"),
        ("REDIS_URL", "localhost:6379"),
        ("HUB_BASE_URL", "hub.test"),
    ],
)
def test_a_value_that_cannot_be_used_is_explained_in_one_line(name: str, value: str) -> None:
    with pytest.raises(CannotStart) as caught:
        settings.read({name: value})
    assert str(caught.value).startswith(name)
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_the_folders_are_closed_to_others(tmp_path: Path) -> None:
    read = settings.read({"HUB_DATA_DIR": str(tmp_path / "a" / "b")})
    settings.make_folders(read)
    assert {folder.stat().st_mode & 0o777 for folder in [read.data_dir, *read.folders()]} == {0o700}


def test_a_data_folder_that_is_a_file_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotStart, match="HUB_DATA_DIR"):
        settings.make_folders(settings.read({"HUB_DATA_DIR": str(tmp_path / "file")}))
