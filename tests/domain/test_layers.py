"""Assistants laid over each other: which item stays, what is left out, and what is said of it."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from assistants.domain import composition
from assistants.domain.conflicts import ConflictKind
from assistants.domain.layers import Identity, Layer, Role
from assistants.domain.resolution import Resolution, unroll
from registry.domain import canonical
from registry.domain.faults import ManifestInvalid
from tests.domain.building import manifest, model, places, resolve, single

HEAD = "name: A\nversion: 1.0.0\n"


def layer(name: str, text: str, prefix: str = "", role: Role = Role.OWN) -> Layer:
    """An assistant of items that are written out, as a layer."""
    return Layer(
        Identity(name, "1.0.0", canonical.digest(text.encode()), "olga"), composition.read(text), {}, prefix, role
    )


def over(own: str, *others: tuple[str, Role, str]) -> Resolution:
    """The assistant `org/own` with others around it: prefix, role and text of each."""
    around = [layer(f"org/{prefix.strip('.')}", text, prefix, role) for prefix, role, text in others]
    return unroll([*around, layer("org/own", own)], {})


def rule(name: str, text: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "rule": text, **more}


def texts(resolution: Resolution) -> list[str]:
    return [item if isinstance(item, str) else item["rule"] for item in resolution.document["config"]["rules"]]


def test_the_nearest_of_one_name_stays_and_keeps_its_own_place() -> None:
    own = manifest(rules=[rule("style", "own"), rule("mine", "mine")])
    base = manifest(rules=[rule("style", "base"), rule("other", "other")])
    far = manifest(rules=[rule("style", "far"), rule("farther", "farther"), rule("other", "far other")])
    found = over(own, ("extends[0].extends[0].", Role.EXTENDED, far), ("extends[0].", Role.EXTENDED, base))
    assert texts(found) == ["farther", "other", "own", "mine"]
    dropped = {one["path"]: one["dropped"] for one in found.explanation}
    assert dropped == {
        "extends[0].rules[0]": "same name as rules[0]",
        "extends[0].extends[0].rules[0]": "same name as rules[0]",
        "extends[0].extends[0].rules[2]": "same name as extends[0].rules[1]",
    }


def test_what_is_required_stays_and_what_is_added_gives_way() -> None:
    own = manifest(rules=[rule("style", "own"), rule("safety", "own")])
    required = manifest(rules=[rule("safety", "required"), rule("base", "base")])
    added = manifest(rules=[rule("style", "added"), rule("tips", "tips")])
    found = over(own, ("overlays[0].", Role.REQUIRED, required), ("overlays[1].", Role.ADDED, added))
    assert sorted(texts(found)) == ["base", "own", "required", "tips"]
    reasons = {conflict.paths: conflict.outcome for conflict in found.conflicts}
    assert reasons["overlays[0].rules[0]", "rules[1]"] == "overlays[0].rules[0] stays: an organization requires it."
    assert "gives way" in reasons["rules[0]", "overlays[1].rules[0]"]


def test_an_assistant_does_without_what_is_added_and_never_without_what_is_required() -> None:
    own = manifest(rules=["mine"], without=["tips", "org/overlays[0]", "base"])
    found = over(
        own,
        ("overlays[0].", Role.REQUIRED, manifest(rules=[rule("base", "base")])),
        ("overlays[1].", Role.ADDED, manifest(rules=[rule("tips", "tips"), rule("kept", "kept")])),
    )
    assert sorted(texts(found)) == ["base", "kept", "mine"]


def test_what_is_extended_can_be_done_without_by_the_name_of_item_or_package() -> None:
    own = manifest(extends=[{"uses": "org/base", "without": ["other"]}], rules=["mine"])
    base = manifest(rules=[rule("other", "other"), rule("kept", "kept")])
    found = over(own, ("extends[0].", Role.EXTENDED, base))
    assert texts(found) == ["kept", "mine"]
    assert found.explanation[-1]["dropped"] == "org/own does without other"


def test_a_name_that_is_not_there_cannot_be_done_without() -> None:
    own = HEAD + "extends:\n  - uses: org/base\n    without: [typo]\nrules: [mine]\n"
    with pytest.raises(ManifestInvalid) as caught:
        over(own, ("extends[0].", Role.EXTENDED, manifest(rules=["x"])))
    assert "nothing called “typo”" in caught.value.faults[0].message
    assert places(caught.value.faults) == ["4:11"]


def test_secrets_are_named_after_the_assistant_that_asks_for_them() -> None:
    """So what a person allows one namespace does not reach another by way of an assistant that builds on it."""
    own = manifest(models=[model("own", apiKey="${{ secrets.KEY }}")])
    base = manifest(models=[model("base", apiKey="${{ secrets.KEY }}")])
    found = unroll(
        [layer("corp/base", base, "extends[0].", Role.EXTENDED), layer("org/own", own)],
        {},
    )
    assert [one["fqsn"] for one in found.document["secrets"]] == ["corp/base/KEY", "org/own/KEY"]


def test_the_nearest_options_of_every_request_hold_as_a_whole() -> None:
    base = manifest(rules=["b"], requestOptions={"timeout": 5, "headers": {"A": "1"}})
    assert over(manifest(rules=["o"]), ("extends[0].", Role.EXTENDED, base)).document["config"]["requestOptions"] == {
        "timeout": 5,
        "headers": {"A": "1"},
    }
    own = manifest(rules=["o"], requestOptions={"timeout": 9})
    assert over(own, ("extends[0].", Role.EXTENDED, base)).document["config"]["requestOptions"] == {"timeout": 9}


def test_what_clients_compose_themselves_is_written_out_whole() -> None:
    own = manifest(extends="org/base", rules=[rule("style", "own")])
    base = manifest(rules=[rule("style", "base"), rule("other", "other")], prompts=[{"name": "p", "prompt": "x"}])
    found = over(own, ("extends[0].", Role.EXTENDED, base))
    written = yaml.safe_load(found.pinned_manifest)
    assert "extends" not in written
    assert [one["rule"] for one in written["rules"]] == ["other", "own"]
    assert resolve(found.pinned_manifest, {}).document["config"]["prompts"] == [{"name": "p", "prompt": "x"}]


def test_lock_and_bundle_name_what_was_built_on() -> None:
    found = over(manifest(rules=["o"]), ("extends[0].", Role.EXTENDED, manifest(rules=["b"])))
    [named] = found.lock["extends"]
    assert (named["path"], named["package"], named["version"]) == ("extends[0]", "org/extends[0]", "1.0.0")
    assert found.document["extends"] == found.lock["extends"]
    assert "overlays" not in found.lock
    assert "extends" not in resolve(manifest(rules=["o"]), {}).document


names = st.sampled_from(["a", "b", "c", "d"])
drawn = st.lists(names, max_size=4)


@given(own=drawn, base=drawn, far=drawn, required=drawn, added=drawn)
def test_every_name_is_there_once_from_the_layer_that_comes_first(
    own: list[str], base: list[str], far: list[str], required: list[str], added: list[str]
) -> None:
    parts = {"required": required, "own": own, "base": base, "far": far, "added": added}
    written = {key: manifest(rules=[rule(name, key) for name in names] or ["x " + key]) for key, names in parts.items()}
    found = over(
        written["own"],
        ("overlays[0].", Role.REQUIRED, written["required"]),
        ("extends[0].extends[0].", Role.EXTENDED, written["far"]),
        ("extends[0].", Role.EXTENDED, written["base"]),
        ("overlays[1].", Role.ADDED, written["added"]),
    )
    named = {item["name"]: item["rule"] for item in found.document["config"]["rules"] if isinstance(item, dict)}
    expected = {name: key for key in reversed(list(parts)) for name in parts[key]}
    assert named == expected


def test_conflicts_of_globs_and_roles_are_told() -> None:
    text = manifest(
        rules=[
            rule("a", "Same.", globs="**/*.py"),
            rule("b", "Same. ", globs="**/*.ts"),
            rule("a", "Else.", globs="*.c"),
        ],
        models=[model("first", roles=["embed", "chat"]), model("second", roles=["embed", "chat"])],
    )
    found = {conflict.paths: conflict for conflict in resolve(text, {}).conflicts}
    dropped = found["rules[0]", "rules[2]"]
    assert (dropped.kind, dropped.subject) == (ConflictKind.CONTRADICTING_GLOBS, "a")
    assert "applies to **/*.py; what was left out, to *.c" in dropped.outcome
    assert found["rules[0]", "rules[1]"].kind == ConflictKind.CONTRADICTING_GLOBS
    assert found["models[0]", "models[1]"].subject == "embed: first, second"
    assert "first, first, until" in found["models[0]", "models[1]"].outcome
    assert len(found) == 3


@pytest.mark.parametrize(
    ("body", "message", "place"),
    [
        ("extends: [org/a, org/a]\n", "extended twice", "3:18"),
        ("extends: ./file\n", "is a file", "3:10"),
        ("extends: [{without: [x]}]\n", "“uses” is missing", "3:11"),
        ("extends: [{uses: o/a, with: {}}]\n", "“with” is not known here", "3:23"),
        ("extends: org/a\ninputs: {A: {}}\n", "declared and stands nowhere", "4:10"),
        ("extends: org/a@^^1\n", "is not a part of a range", "3:10"),
    ],
)
def test_what_is_wrong_with_extends_is_told_with_its_place(body: str, message: str, place: str) -> None:
    with pytest.raises(ManifestInvalid) as caught:
        composition.read(HEAD + body)
    assert message in caught.value.faults[0].message
    assert places(caught.value.faults[:1]) == [place]


def test_a_block_builds_on_nothing() -> None:
    block = "name: R\nversion: 1.0.0\nrules: [x]\nextends: o/a\n"
    with pytest.raises(ManifestInvalid, match="A block has no “extends”"):
        single_read(block)


def single_read(text: str) -> object:
    return resolve(manifest(rules=[{"uses": "o/r"}]), {"o/r": single("rules", text)})
