"""The context bill of a bundle, with a counter that counts words."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from assistants.domain import bill as bills
from assistants.domain.bill import About, Bill, Item, Sent, Source
from tests.targets.building import bundle, everything

SONNET = {"name": "Sonnet", "provider": "anthropic", "model": "claude-sonnet-4-6"}
MILLION = {"name": "Mini", "provider": "openai", "model": "gpt-4o", "roles": ["chat"]}
TOOL = {
    "name": "find",
    "description": "Finds things",
    "inputSchema": {"type": "object"},
    "annotations": {"title": "Find"},
}
PUBLISHED = "io.modelcontextprotocol.registry/publisher-provided"


def words(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def make(*sources: Source, **config: Any) -> Bill:
    return bills.make(bundle(**config), words, sources)


def by_name(bill: Bill) -> dict[str, Item]:
    return {item.name: item for item in bill.items}


def test_each_item_says_when_it_is_sent() -> None:
    items = by_name(bills.make(everything(), words))
    assert {name: item.sent for name, item in items.items()} == {
        "Name the file and the line": Sent.ALWAYS,
        "Style": Sent.MATCHING,
        "Money": Sent.MATCHING,
        "Migrations": Sent.MODEL,
        "By hand": Sent.PERSON,
        "Always": Sent.ALWAYS,
        "Review": Sent.PERSON,
        "Explain": Sent.PERSON,
        "Tickets": Sent.RUNNING,
        "Wiki": Sent.RUNNING,
        "Old feed": Sent.RUNNING,
        "Here": Sent.RUNNING,
    }
    assert items["Style"].condition == ("**/*.py", "**/*.pyi")
    assert items["Money"].condition == ("Decimal|amount",)
    assert items["Migrations"].condition == ("When a table changes: see the guide",)


def test_sums_are_of_what_is_sent_always_and_of_everything() -> None:
    bill = make(
        rules=["One two three.", {"name": "G", "rule": "Four five.", "globs": "*.py"}],
        prompts=[{"name": "P", "prompt": "Six."}],
    )
    assert (bill.always, bill.most) == (3, 6)
    nothing = make()
    assert (nothing.always, nothing.most, nothing.items) == (0, 0, ())


def test_a_servers_tools_are_unknown_and_not_nothing() -> None:
    bill = make(mcpServers=[{"name": "My tickets", "command": "x", "sourceSlug": "acme/tickets"}])
    item = bill.items[0]
    assert (item.tokens, item.whole, item.sent) == (2, False, Sent.RUNNING)
    assert bill.always == 0
    assert bill.running == (item,)
    assert bill.as_json()["tokens"]["unknown_items"] == 1


def test_tools_that_a_release_lists_are_counted_as_a_model_is_given_them() -> None:
    document = {"_meta": {PUBLISHED: {"tools": [TOOL, "only-a-name", {"name": "no schema"}]}}}
    content = {"mcpServers": [{"name": "My tickets"}]}
    source = bills.source("acme/tickets", "1.0.0", "mcpServers", content, document)
    assert source is not None
    texts: list[str] = []

    def kept(given: Sequence[str]) -> list[int]:
        texts.extend(given)
        return words(given)

    bill = bills.make(
        bundle(mcpServers=[{"name": "My tickets", "command": "x", "sourceSlug": "acme/tickets"}]), kept, [source]
    )
    assert texts == ['[{"description":"Finds things","inputSchema":{"type":"object"},"name":"find"}]']
    assert (bill.items[0].sent, bill.items[0].whole, bill.running) == (Sent.ALWAYS, True, ())


def test_what_stands_in_a_document_is_not_trusted_to_have_a_shape() -> None:
    content = {"mcpServers": [{"name": "T"}]}
    for document in (None, [], {"_meta": []}, {"_meta": {PUBLISHED: 5}}, {"_meta": {PUBLISHED: {"tools": {"a": 1}}}}):
        source = bills.source("a/b", "1.0.0", "mcpServers", content, document)
        assert source is not None
        assert source.tools == ()
    assert bills.source("a/b", "1.0.0", "", {}, None) is None


def test_items_name_the_package_that_they_came_from() -> None:
    sources = [
        Source("acme/style", "1.2.0", "rules", "Style"),
        Source("acme/other", "1.0.0", "rules", "Style"),
        Source("acme/ask", "2.0.0", "prompts", "Style"),
    ]
    text = bills.source("acme/words", "3.0.0", "rules", {"rules": ["Say what you did not do."]}, None)
    assert text is not None
    bill = make(
        *sources,
        text,
        rules=[{"name": "Style", "rule": "W"}, {"name": "Own", "rule": "V"}, "Say what you did not do."],
        prompts=[{"name": "Style", "prompt": "X"}],
    )
    assert [(item.package, item.version) for item in bill.items] == [
        ("acme/style", "1.2.0"), ("", ""), ("acme/words", "3.0.0"), ("acme/ask", "2.0.0"),
    ]  # fmt: skip


def test_money_is_for_a_thousand_requests_in_the_models_own_tokens() -> None:
    rule = " ".join(["word"] * 1000)
    costs = {cost.name: cost for cost in make(rules=[rule], models=[SONNET, MILLION]).costs}
    mini = costs["Mini"]
    # A thousand times a thousand tokens are a million, of the vocabulary that this model has itself.
    assert mini.always == mini.most == mini.price.input.quantize(Decimal("0.0001"))
    sonnet = costs["Sonnet"]
    assert sonnet.family is not None
    assert sonnet.always == (sonnet.price.input * (1 + Decimal(str(sonnet.family.percent)) / 100)).quantize(
        Decimal("0.0001")
    )
    assert sonnet.always > sonnet.price.input


def test_models_without_a_price_are_named_and_those_not_spoken_to_are_left_out() -> None:
    models = [
        {"name": "Ours", "provider": "openai", "model": "our-model", "apiBase": "https://models.internal/v1"},
        {"name": "Complete", "provider": "openai", "model": "gpt-4o", "roles": ["autocomplete", "embed"]},
    ]
    bill = make(models=models)
    assert bill.costs == ()
    assert bill.unpriced == ("Ours",)


def test_remarks_say_what_to_mend() -> None:
    text = "Name the file and the line of everything you find, and say why it matters to whoever runs this."
    bill = make(
        rules=[
            text,
            {"name": "Again", "rule": text.upper()},
            {"name": "Close", "rule": text.replace("this", "that")},
            {"name": "Off", "rule": "R", "globs": "/etc"},
        ],
    )
    assert [(one.about, one.items) for one in bill.remarks] == [
        (About.SAME, ("Name the file and the line", "Again")),
        (About.NEAR, ("Name the file and the line", "Close")),
        (About.NEVER, ("Off",)),
    ]
    assert all(one.message and one.mend for one in bill.remarks)


def test_the_json_form_is_canonical_and_says_how_far_it_may_be_off() -> None:
    from registry.domain import canonical

    value = make(rules=["One."], models=[SONNET]).as_json()
    assert canonical.encode(value) == canonical.encode(make(rules=["One."], models=[SONNET]).as_json())
    assert value["vocabulary"] == "o200k_base"
    assert value["spread"]["most_percent"] > 50
    assert value["costs"][0]["listed_on"]
