"""What a model's config says to people: where it runs, what it is used for, what it can do, and what it costs if that is known.

Prices come from a kept list (genai-prices); the page says how old the list is. What runs on one's own machines has no price.
"""

from __future__ import annotations

import datetime as dt
import functools
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib.metadata import version
from typing import Any, Literal
from urllib.parse import urlsplit

type Runs = Literal["local", "self-hosted", "vpc", "vendor"]

# Providers whose programs run on the developer's machine unless an address says otherwise.
LOCAL = frozenset({"ollama", "lmstudio", "llama.cpp", "llamafile", "llamastack", "msty", "text-gen-webui", "kindo"})
# Clouds that serve models inside a customer's own account.
CLOUDS = frozenset({"azure", "bedrock", "sagemaker", "vertexai", "watsonx", "databricks"})
# Servers that people run themselves; without an address of their own there is nothing to call.
SERVERS = frozenset({"vllm", "huggingface-tgi", "triton"})
# How the price list calls providers, where that differs.
PRICED_AS = {"bedrock": "aws", "gemini": "google", "vertexai": "google", "xai": "x-ai", "xAI": "x-ai"}
_PRIVATE_ENDS = (".internal", ".local", ".lan", ".intranet", ".corp", ".home.arpa")
_DEFAULT_ROLES = ("chat", "edit", "apply", "summarize")


@dataclass(frozen=True)
class Price:
    """What a million tokens cost, in US dollars, by a list whose newest entry is of `listed_on`."""

    input: Decimal
    output: Decimal
    listed_on: dt.date
    source: str


@dataclass(frozen=True)
class ModelProfile:
    """A model in a few words. `context_length` is in tokens; None where nobody says."""

    provider: str
    model: str
    runs: Runs
    roles: tuple[str, ...]
    capabilities: tuple[str, ...]
    context_length: int | None
    price: Price | None

    def as_json(self) -> dict[str, Any]:
        """The form in which the API tells it."""
        price = self.price and {
            "input_per_million": str(self.price.input),
            "output_per_million": str(self.price.output),
            "currency": "USD",
            "listed_on": self.price.listed_on.isoformat(),
            "list": self.price.source,
        }
        return {
            "provider": self.provider,
            "model": self.model,
            "runs": self.runs,
            "roles": list(self.roles),
            "capabilities": list(self.capabilities),
            "context_length": self.context_length,
            "price": price,
        }


def profile(item: Mapping[str, Any]) -> ModelProfile:
    """The profile of one item of `models`."""
    options = item.get("defaultCompletionOptions") or {}
    provider, model, runs = str(item["provider"]), str(item["model"]), where(item)
    listed = _listed(provider, model)
    length = options.get("contextLength") or item.get("contextLength") or (listed and listed.context_window)
    return ModelProfile(
        provider=provider,
        model=model,
        runs=runs,
        roles=tuple(item.get("roles") or _DEFAULT_ROLES),
        capabilities=tuple(item.get("capabilities") or ()),
        context_length=int(length) if isinstance(length, int | float) else None,
        price=listed.price if listed and runs in ("vendor", "vpc") else None,
    )


def where(item: Mapping[str, Any]) -> Runs:
    """Where a model runs, by its provider and the address that it is called at."""
    provider, address = str(item["provider"]), str(item.get("apiBase") or "")
    host = _host(address)
    if provider in CLOUDS:
        return "vpc"
    if host is not None:
        if _is_loopback(host):
            return "local"
        if _is_private(host) or provider in LOCAL | SERVERS:
            return "self-hosted"
    if provider in LOCAL:
        return "local"
    return "self-hosted" if provider in SERVERS else "vendor"


def _host(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_private(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith(_PRIVATE_ENDS)


@dataclass(frozen=True)
class _Listed:
    context_window: int | None
    price: Price | None


@functools.lru_cache(maxsize=256)
def _listed(provider: str, model: str) -> _Listed | None:
    """What the price list knows of a model; None if it does not know it."""
    from genai_prices import data_snapshot, types  # noqa: PLC0415  # large, and most processes never look at it

    try:
        _, found = data_snapshot.get_snapshot().find_provider_model(
            model, None, PRICED_AS.get(provider, provider), None
        )
        prices = found.get_prices(dt.datetime.now(dt.UTC))
    except LookupError:
        return None
    amounts = [_amount(one, types.TieredPrices) for one in (prices.input_mtok, prices.output_mtok)]
    if amounts[0] is None or amounts[1] is None:
        return _Listed(found.context_window, None)
    source = f"genai-prices {version('genai-prices')}"
    return _Listed(found.context_window, Price(amounts[0], amounts[1], _newest(), source))


def _amount(value: Any, tiered: type[Any]) -> Decimal | None:
    """A price for short requests; longer ones may cost more."""
    found: Decimal | None = value.base if isinstance(value, tiered) else value
    return found


@functools.cache
def _newest() -> dt.date:
    """The newest day from which a price of the list holds: how far the list's authors had looked."""
    from genai_prices import data_snapshot  # noqa: PLC0415  # as above

    today, found = dt.datetime.now(dt.UTC).date(), [dt.date(2025, 1, 1)]
    for provider in data_snapshot.get_snapshot().providers:
        for model in provider.models:
            priced = model.prices if isinstance(model.prices, list) else []
            days = (getattr(one.constraint, "start_date", None) for one in (*priced, *(model.price_variants or ())))
            found += [day for day in days if day is not None and day <= today]
    return max(found)
