"""From a bundle's config to what a client gets."""

from __future__ import annotations

from typing import Any

import pytest

from assistants.domain import rendering
from tests.domain.building import model

SECRETS = {"org/asst/KEY": "v", "org/asst/o/m/KEY": "w"}


def config(**sections: Any) -> dict[str, Any]:
    return {"name": "A", "version": "1.0.0", **sections}


def render(**sections: Any) -> rendering.Rendered:
    return rendering.render(config(**sections), SECRETS.get)


def test_secrets_are_filled_in_by_their_full_name() -> None:
    rendered = render(models=[model(apiKey="${{ secrets.org/asst/o/m/KEY }}", env={"a": "x${{secrets.org/asst/KEY}}"})])
    assert rendered.config["models"] == [model(apiKey="w", env={"a": "xv"})]
    assert rendered.left_out == {}


@pytest.mark.parametrize("section", ["models", "mcpServers", "data", "prompts"])
def test_an_item_without_its_secret_is_left_out_by_name(section: str) -> None:
    items = [
        {"name": "kept"},
        {"name": "lost", "env": {"T": "${{ secrets.org/asst/NONE }} ${{ secrets.org/asst/KEY }}"}},
    ]
    rendered = render(**{section: items})
    assert rendered.config[section] == [{"name": "kept"}]
    assert rendered.left_out == {f"{section} “lost”": ["NONE"]}


def test_a_rule_that_is_only_text_can_be_left_out_too() -> None:
    rendered = render(rules=["Use ${{ secrets.org/asst/NONE }}.", "Be brief."])
    assert rendered.config["rules"] == ["Be brief."]
    assert rendered.left_out == {"rules": ["NONE"]}


def test_every_section_is_there_and_options_only_if_they_can_be_filled() -> None:
    rendered = render(requestOptions={"headers": {"A": "${{ secrets.org/asst/KEY }}"}})
    assert rendered.config["requestOptions"] == {"headers": {"A": "v"}}
    assert all(rendered.config[section] == [] for section in ("models", "rules", "prompts", "mcpServers"))
    assert "requestOptions" not in render(requestOptions={"proxy": "${{ secrets.org/asst/NONE }}"}).config


def test_a_value_that_looks_like_a_variable_is_not_filled_again() -> None:
    rendered = rendering.render(config(rules=["${{ secrets.A }}"]), {"A": "${{ secrets.B }}", "B": "x"}.get)
    assert rendered.config["rules"] == ["${{ secrets.B }}"]


@pytest.mark.parametrize(
    ("models", "lost"),
    [
        ([], False),
        ([model()], False),
        ([model(apiKey="${{ secrets.org/asst/NONE }}")], True),
        ([model("a", apiKey="${{ secrets.org/asst/NONE }}"), model("b")], False),
        ([model("a", apiKey="${{ secrets.org/asst/NONE }}"), model("b", roles=["embed"])], True),
        ([model("a", roles=["embed"])], False),
    ],
)
def test_whether_the_last_model_to_chat_with_was_left_out(models: list[Any], lost: bool) -> None:
    assert render(models=models).lost_chat is lost
