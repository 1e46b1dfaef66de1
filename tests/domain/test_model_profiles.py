from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from registry.domain import model_profiles


@pytest.mark.parametrize(
    ("provider", "address", "runs"),
    [
        ("ollama", "", "local"),
        ("ollama", "http://localhost:11434", "local"),
        ("ollama", "http://gpu.corp.internal:11434", "self-hosted"),
        ("openai", "http://127.0.0.1:8000/v1", "local"),
        ("openai", "http://[::1]:8000/v1", "local"),
        ("openai", "https://10.0.0.7/v1", "self-hosted"),
        ("openai", "https://models.internal/v1", "self-hosted"),
        ("openai", "http://gpu/v1", "self-hosted"),
        ("openai", "https://api.vendor.example/v1", "vendor"),
        ("openai", "https://${{ inputs.HOST }}/v1", "vendor"),
        ("openai", "http://[broken", "vendor"),
        ("openai", "", "vendor"),
        ("vllm", "", "self-hosted"),
        ("vllm", "https://models.example.com", "self-hosted"),
        ("bedrock", "", "vpc"),
        ("azure", "https://acme.cloud.example", "vpc"),
        ("anthropic", "", "vendor"),
    ],
)
def test_where_a_model_runs(provider: str, address: str, runs: str) -> None:
    assert model_profiles.where({"provider": provider, "model": "m", "apiBase": address}) == runs


def test_a_vendors_model_has_a_price_with_a_date() -> None:
    found = model_profiles.profile({"provider": "anthropic", "model": "claude-sonnet-4-6", "roles": ["chat"]})
    assert found.price is not None
    assert Decimal(0) < found.price.input < found.price.output
    assert dt.date(2025, 1, 1) < found.price.listed_on <= dt.datetime.now(dt.UTC).date()
    assert found.price.source.startswith("genai-prices ")
    assert found.roles == ("chat",)
    assert found.context_length


def test_what_the_config_says_wins_over_the_list() -> None:
    item = {"provider": "openai", "model": "gpt-5.2", "capabilities": ["tool_use"]}
    options = {"defaultCompletionOptions": {"contextLength": 9000}}
    found = model_profiles.profile(item | options)
    assert (found.context_length, found.capabilities) == (9000, ("tool_use",))
    assert model_profiles.profile(item).context_length != 9000


def test_what_nobody_lists_or_runs_elsewhere_has_no_price() -> None:
    assert model_profiles.profile({"provider": "openai", "model": "no-such-model"}).price is None
    own = {"provider": "openai", "model": "gpt-5.2", "apiBase": "http://127.0.0.1:1/v1"}
    assert model_profiles.profile(own).price is None
    assert model_profiles.profile(own).as_json()["price"] is None
