"""The context bill: what each part of an assistant adds to a request, and what that costs.

Counted are the texts themselves. What a client writes around them, its own instructions and the conversation are not
in the bundle, and so not in the bill.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from assistants.domain import likeness, never, vocabularies
from assistants.domain.vocabularies import Counter, Family
from registry.domain import canonical, model_profiles
from registry.domain.model_profiles import Price

FORMAT = "assistant-hub/bill/v1"
REQUESTS = 1000
# Roles whose requests carry rules, prompts and tools. A model that completes or embeds text is sent none of them.
SPOKEN_TO = frozenset({"chat", "edit", "apply", "summarize", "subagent"})
# Where the publisher of a server puts what the format has no field for (contract mcp-registry, 3).
_PUBLISHER = "io.modelcontextprotocol.registry/publisher-provided"
_CENT = Decimal("0.0001")


class Sent(StrEnum):
    """When a part is sent: with each request, if files match, if the model or a person asks for it, or while a server runs."""

    ALWAYS = "always"
    MATCHING = "matching"
    MODEL = "model"
    PERSON = "person"
    RUNNING = "running"


class About(StrEnum):
    """What a remark is about."""

    SAME = "same"
    NEAR = "near"
    NEVER = "never"
    UNFINISHED = "unfinished"


@dataclass(frozen=True)
class Source:
    """A package that an item may have come from: what it calls the item, and the tools that it says it has."""

    package: str
    version: str
    section: str
    name: str
    tools: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Item:
    """One rule, prompt or server. `whole` is false if it adds more that is unknown until it runs.

    `condition` holds the globs and expressions that files have to match, or the description that the model goes by.
    `package` is empty for what is written out in the assistant, and where it could not be told.
    """

    section: str
    name: str
    package: str
    version: str
    tokens: int
    sent: Sent
    condition: tuple[str, ...] = ()
    whole: bool = True


@dataclass(frozen=True)
class Cost:
    """What a thousand requests to one model cost for these texts, in US dollars of its price for input.

    `family` is None if nobody measured the model's vocabulary: then the tokens are those of the vocabulary counted in.
    """

    name: str
    provider: str
    model: str
    price: Price
    family: Family | None
    always: Decimal
    most: Decimal

    @property
    def listed(self) -> str:
        """The price of a million tokens of input, without zeros that say nothing."""
        return f"{self.price.input.normalize():f}"


@dataclass(frozen=True)
class Remark:
    """Something to mend, about the items of these names."""

    about: About
    items: tuple[str, ...]
    message: str
    mend: str


@dataclass(frozen=True)
class Bill:
    """All of it. `always` is sent with each request; `most` if every condition is met and everything is asked for."""

    package: str
    version: str
    items: tuple[Item, ...]
    always: int
    most: int
    costs: tuple[Cost, ...]
    remarks: tuple[Remark, ...]
    unpriced: tuple[str, ...] = ()

    @property
    def running(self) -> tuple[Item, ...]:
        """The servers whose tools nobody knows before they run."""
        return tuple(item for item in self.items if not item.whole)

    def as_json(self) -> dict[str, Any]:
        """The form in which the API tells it."""
        least, most = vocabularies.spread()
        return {
            "format": FORMAT,
            "assistant": {"package": self.package, "version": self.version},
            "vocabulary": vocabularies.VOCABULARY,
            "spread": {"least_percent": least, "most_percent": most},
            "items": [_item_as_json(item) for item in self.items],
            "tokens": {"always": self.always, "most": self.most, "unknown_items": len(self.running)},
            "costs": [_cost_as_json(cost) for cost in self.costs],
            "unpriced_models": list(self.unpriced),
            "remarks": [
                {"about": one.about, "items": list(one.items), "message": one.message, "mend": one.mend}
                for one in self.remarks
            ],
        }


def make(document: Mapping[str, Any], count: Counter, sources: Sequence[Source] = ()) -> Bill:
    """The bill of a bundle (`assistant-hub/bundle/v1`), counted by `count`."""
    config = document["config"]
    rules = config.get("rules") or []
    drafts = [
        *(_rule(item, number) for number, item in enumerate(rules, 1)),
        *(_prompt(item) for item in config.get("prompts") or []),
        *(_server(item, sources) for item in config.get("mcpServers") or []),
    ]
    tokens = count([draft.text for draft in drafts])
    origins = _origins(drafts, sources)
    items = tuple(
        Item(draft.section, draft.name, *origin, amount, draft.sent, draft.condition, draft.whole)
        for draft, amount, origin in zip(drafts, tokens, origins, strict=True)
    )
    always = sum(item.tokens for item in items if item.sent == Sent.ALWAYS)
    most = sum(item.tokens for item in items)
    costs, unpriced = _costs(config.get("models") or [], always, most)
    assistant = document["assistant"]
    return Bill(
        assistant["package"], assistant["version"], items, always, most, costs, _remarks(rules, items), unpriced
    )


def source(package: str, version: str, section: str, content: Mapping[str, Any], document: Any) -> Source | None:
    """What a release says of the item that it holds, and of the tools if it is a server's; None if it holds none."""
    items = content.get(section) or []
    if not items:
        return None
    name = _beginning(items[0]) if isinstance(items[0], str) else str(items[0].get("name") or "")
    return Source(package, version, section, name, tuple(_told_tools(document)))


def _told_tools(document: Any) -> list[Any]:
    """The tools that a `server.json` lists. The format has no field for them; some publishers add one."""
    if not isinstance(document, dict):
        return []
    meta = document.get("_meta")
    added = meta.get(_PUBLISHER) if isinstance(meta, dict) else None
    listed = added.get("tools") if isinstance(added, dict) else None
    return [tool for tool in listed if _is_whole_tool(tool)] if isinstance(listed, list) else []


def _is_whole_tool(tool: Any) -> bool:
    """Whether it is a definition as a model is given it, and not only a name."""
    return isinstance(tool, dict) and isinstance(tool.get("name"), str) and isinstance(tool.get("inputSchema"), dict)


@dataclass(frozen=True)
class _Draft:
    """An item before its text is counted."""

    section: str
    name: str
    text: str
    sent: Sent
    condition: tuple[str, ...] = ()
    whole: bool = True


def _rule(item: Any, number: int) -> _Draft:
    if isinstance(item, str):
        return _Draft("rules", _beginning(item) or f"Rule {number}", item, Sent.ALWAYS)
    sent, condition = _when(item)
    return _Draft("rules", str(item["name"]), str(item["rule"]), sent, condition)


def _when(rule: Mapping[str, Any]) -> tuple[Sent, tuple[str, ...]]:
    """When a rule is sent (contract continue-client 8.2), and on which condition."""
    conditions = (*never.texts(rule.get("globs")), *never.texts(rule.get("regex")))
    always, description = rule.get("alwaysApply"), rule.get("description")
    if always is True or (always is None and not conditions):
        return Sent.ALWAYS, ()
    if conditions:
        return Sent.MATCHING, conditions
    return (Sent.MODEL, (str(description),)) if description else (Sent.PERSON, ())


def _prompt(item: Mapping[str, Any]) -> _Draft:
    return _Draft("prompts", str(item["name"]), str(item["prompt"]), Sent.PERSON)


def _server(item: Mapping[str, Any], sources: Sequence[Source]) -> _Draft:
    """A server's tools are sent with each request once it runs. Known are its name and, seldom, what its release lists."""
    name = str(item["name"])
    tools = next((one.tools for one in sources if one.tools and one.package == item.get("sourceSlug")), ())
    if not tools:
        return _Draft("mcpServers", name, name, Sent.RUNNING, whole=False)
    told = [{key: tool[key] for key in ("name", "description", "inputSchema") if key in tool} for tool in tools]
    return _Draft("mcpServers", name, canonical.encode(told).decode(), Sent.ALWAYS)


def _beginning(text: str) -> str:
    words = text.strip().splitlines()[:1]
    return " ".join(words[0].strip("#*_` ").split()[:6]) if words else ""


def _origins(drafts: Sequence[_Draft], sources: Sequence[Source]) -> list[tuple[str, str]]:
    """The package and version that each item came from. Of two sources of one name the first counts, as in resolving."""
    named: dict[tuple[str, str], tuple[str, str]] = {}
    for one in sources:
        named.setdefault((one.section, one.name), (one.package, one.version))
    return [named.get((draft.section, draft.name), ("", "")) for draft in drafts]


def _costs(models: Sequence[Mapping[str, Any]], always: int, most: int) -> tuple[tuple[Cost, ...], tuple[str, ...]]:
    """What each model costs that is spoken to, and the names of those whose price nobody knows."""
    costs, unpriced = [], []
    for item in models:
        profile = model_profiles.profile(item)
        if not SPOKEN_TO.intersection(profile.roles):
            continue
        if profile.price is None:
            unpriced.append(str(item["name"]))
            continue
        family = vocabularies.family_of(profile.model)
        factor = profile.price.input * REQUESTS / 1_000_000 * (1 + Decimal(str(family.percent if family else 0)) / 100)
        amounts = [(tokens * factor).quantize(_CENT) for tokens in (always, most)]
        costs.append(Cost(str(item["name"]), profile.provider, profile.model, profile.price, family, *amounts))
    return tuple(costs), tuple(unpriced)


def _remarks(rules: Sequence[Any], items: Sequence[Item]) -> tuple[Remark, ...]:
    names = [item.name for item in items[: len(rules)]]
    remarks = []
    likenesses = likeness.among([rule if isinstance(rule, str) else str(rule["rule"]) for rule in rules])
    for one in likenesses.found:
        pair = (names[one.earlier], names[one.index])
        if one.is_same:
            remarks.append(Remark(About.SAME, pair, "The two rules say the same.", "Remove one of them."))
        else:
            message = f"The two rules are nearly the same: {one.share:.0%} of their words in a row stand in both."
            remarks.append(Remark(About.NEAR, pair, message, "Make one of the two, or remove what both say from one."))
    for name, rule in zip(names, rules, strict=True):
        found = None if isinstance(rule, str) else never.applies_never(rule)
        if found is not None:
            remarks.append(Remark(About.NEVER, (name,), found.message, found.mend))
    if not likenesses.complete:
        message = "The rules are too long and too many to compare all of them with each other."
        remarks.append(Remark(About.UNFINISHED, (), message, "Compare fewer at a time."))
    return tuple(remarks)


def _item_as_json(item: Item) -> dict[str, Any]:
    return {
        "section": item.section,
        "name": item.name,
        "package": item.package or None,
        "version": item.version or None,
        "tokens": item.tokens,
        "sent": item.sent,
        "condition": list(item.condition),
        "whole": item.whole,
    }


def _cost_as_json(cost: Cost) -> dict[str, Any]:
    return {
        "name": cost.name,
        "provider": cost.provider,
        "model": cost.model,
        "input_per_million": str(cost.price.input),
        "currency": "USD",
        "listed_on": cost.price.listed_on.isoformat(),
        "list": cost.price.source,
        "requests": REQUESTS,
        "vocabulary_percent": cost.family.percent if cost.family else None,
        "always": str(cost.always),
        "most": str(cost.most),
    }
