"""What the processes find in their environment."""

from __future__ import annotations

import pytest

from hub.launcher import commands, settings

DATABASE = "postgresql://postgres@/assistant_hub"


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_a_hub_that_listens_everywhere_answers_to_any_name(host: str) -> None:
    environment = commands.environment(settings.read({"HOST": host}), {}, DATABASE)
    assert environment["HUB_ALLOWED_HOSTS"] == "*"


@pytest.mark.parametrize(
    "inherited", [{}, {"HOST": "127.0.0.1"}, {"HOST": "0.0.0.0", "HUB_BASE_URL": "https://hub.test"}]
)
def test_a_hub_that_knows_its_name_answers_to_that(inherited: dict[str, str]) -> None:
    environment = commands.environment(settings.read(inherited), inherited, DATABASE)
    assert "HUB_ALLOWED_HOSTS" not in environment


def test_what_a_person_sets_wins_over_what_the_launcher_would_set() -> None:
    inherited = {"HOST": "0.0.0.0", "HUB_ALLOWED_HOSTS": "hub.test", "DATABASE_URL": "postgresql://elsewhere/x"}
    environment = commands.environment(settings.read(inherited), inherited, DATABASE)
    assert environment["HUB_ALLOWED_HOSTS"] == "hub.test"
    assert environment["DATABASE_URL"] == DATABASE  # found or started by the launcher, from that very variable
