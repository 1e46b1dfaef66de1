"""Resolution as values: the same answer whatever else there is, and reasons for it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistants.domain import composition
from assistants.domain.resolution import MAX_BUNDLE_BYTES, Available, Candidate, choose
from registry.domain import canonical
from registry.domain.faults import ManifestInvalid
from registry.domain.versions import Range, Version
from tests.domain.building import Published, Registry, config_of, faults_of, manifest, model, places, resolve, single

HEAD = "name: A\nversion: 1.0.0\n"
RULES = HEAD + "rules:\n  - uses: o/r@^1\n  - uses: o/s\n  - Be brief.\n"


def rule_texts(*versions: str) -> dict[str, str]:
    return {version: manifest(rules=[f"rule {version}"]) for version in versions}


def rules(*versions: str, yanked: dict[str, str] | None = None) -> Published:
    return Published("rules", rule_texts(*versions), yanked or {})


VERSIONS = ["1.0.0", "1.0.1", "1.2.0", "1.2.0-rc.1", "1.10.0", "2.0.0", "2.0.0-rc.1"]
released = st.lists(st.sampled_from(VERSIONS), min_size=1, unique=True)
registries = st.tuples(released, released, st.sets(st.sampled_from(VERSIONS)))


def registry_of(drawn: tuple[list[str], list[str], set[str]]) -> dict[str, Published]:
    first, second, yanked = drawn
    why = dict.fromkeys(yanked & set(first), "leaks")
    return {"o/r": rules(*first, yanked=why), "o/s": rules(*second)}


def outcome(text: str, registry: Registry, seed: int | None = None) -> bytes | list[str]:
    """The bundle, or what it is refused for."""
    try:
        resolution = resolve(text, registry, seed=seed)
    except ManifestInvalid as error:
        return [str(fault) for fault in error.faults]
    assert resolution.bundle_digest == canonical.digest(resolution.bundle)
    assert json.loads(resolution.bundle) == resolution.document
    return resolution.bundle


@given(drawn=registries, seed=st.integers())
def test_neither_order_nor_other_packages_matter(drawn: Any, seed: int) -> None:
    registry = registry_of(drawn)
    others = {"o/unrelated": rules("9.9.9"), "p/r": rules("1.99.0"), "a/first": rules("1.0.0")}
    first = outcome(RULES, registry)
    assert outcome(RULES, registry) == first
    assert outcome(RULES, registry | others, seed) == first


@given(drawn=registries)
def test_a_yanked_release_is_never_chosen_and_never_matters_to_what_is(drawn: Any) -> None:
    registry = registry_of(drawn)
    bundle = outcome(RULES, registry)
    left = {version: text for version, text in registry["o/r"].texts.items() if version not in registry["o/r"].yanked}
    without = {**registry, "o/r": Published("rules", left)}
    if isinstance(bundle, bytes):
        assert outcome(RULES, without) == bundle
    else:
        assert isinstance(outcome(RULES, without), list)


@given(
    versions=released,
    yanked=st.sets(st.sampled_from(VERSIONS)),
    text=st.sampled_from(["^1", "latest", "1.x", "2.0.0", "*", ">=1.2.0-rc.1 <2"]),
)
def test_the_newest_allowed_release_is_chosen(versions: list[str], yanked: set[str], text: str) -> None:
    read = composition.read(HEAD + f"rules:\n  - uses: o/r@{text!r}\n".replace("'", ""))
    candidates = tuple(Candidate(i, Version.parse(v), "bad" if v in yanked else None) for i, v in enumerate(versions))
    expected = Range.parse(text).best(one.version for one in candidates if one.yank_reason is None)
    table = {"o/r": Available("o/r", "rule", "rules", candidates)}
    if expected is None:
        assert places(faults_of(choose, read.requirements, table)) == ["4:11"]
    else:
        assert choose(read.requirements, table)[0].candidate.version == expected


def test_a_lock_resolves_to_itself() -> None:
    registry = {"o/r": rules("1.0.0", "1.2.0"), "o/s": rules("3.0.0")}
    pinned = resolve(RULES, registry).pinned_manifest
    later = {"o/r": rules("1.0.0", "1.2.0", "1.3.0"), "o/s": rules("3.0.0", "4.0.0")}
    assert config_of(pinned, later) == config_of(RULES, registry)
    assert config_of(RULES, later) != config_of(RULES, registry)


def test_the_bundle_of_an_example_never_changes() -> None:
    """A change of this digest changes every published bundle: it needs a new format name."""
    resolution = resolve(RULES, {"o/r": rules("1.0.0", "1.2.0"), "o/s": rules("3.0.0")})
    assert resolution.bundle_digest == "sha256:4032e4c86ec517c9f292f2d3f84bd49f77be2acc485e2a4ba446ced97c0d7fd7"
    assert resolution.lock["bundle"] == resolution.bundle_digest
    assert [entry["version"] for entry in resolution.lock["requirements"]] == ["1.2.0", "3.0.0"]


@given(
    base=st.dictionaries(st.sampled_from(["headers", "timeout", "proxy", "verifySsl"]), st.none(), max_size=4),
    over=st.dictionaries(st.sampled_from(["name", "apiBase", "requestOptions", "roles", "env"]), st.none(), max_size=5),
    data=st.data(),
)
def test_an_override_replaces_exactly_its_keys(
    base: dict[str, None], over: dict[str, None], data: st.DataObject
) -> None:
    options = {key: {"headers": {"A": "1"}, "timeout": 5, "proxy": "p", "verifySsl": True}[key] for key in base}
    block = model(requestOptions=options, roles=["chat"], env={"region": "eu"})
    choices = {
        "name": st.just("Other"),
        "apiBase": st.just("http://127.0.0.1:9"),
        "requestOptions": st.sampled_from([{}, {"headers": {"B": "2"}}, {"timeout": 1}]),
        "roles": st.sampled_from([[], ["edit"]]),
        "env": st.sampled_from([{}, {"profile": "x"}]),
    }
    override = {key: data.draw(choices[key]) for key in over}
    text = manifest(models=[{"uses": "o/m", "override": override}])
    assert config_of(text, {"o/m": single("models", manifest(models=[block]))})["models"] == [block | override]


def test_options_of_the_assistant_stand_beside_those_of_its_models() -> None:
    """Clients merge the two (contract 5.1), so the bundle keeps both as they are."""
    own = {"headers": {"A": "model"}, "timeout": 1}
    text = manifest(
        requestOptions={"headers": {"A": "all", "B": "${{ secrets.B }}"}}, models=[model(requestOptions=own)]
    )
    config = config_of(text, {})
    assert config["models"][0]["requestOptions"] == own
    assert config["requestOptions"] == {"headers": {"A": "all", "B": "${{ secrets.org/asst/B }}"}}


def test_an_override_that_spoils_the_item_is_refused() -> None:
    registry = {"o/m": single("models", manifest(models=[model()]))}
    for override in ({"roles": ["chta"]}, {"model": ""}, {"requestOptions": 5}):
        [fault] = faults_of(resolve, manifest(models=[{"uses": "o/m", "override": override}]), registry)
        assert "After filling in “o/m”" in fault.message


def test_secrets_are_named_after_assistant_and_block_and_listed() -> None:
    block = manifest(models=[model(apiKey="${{ secrets.KEY }}", apiBase="${{ inputs.BASE }}")])
    uses = {
        "uses": "o/m",
        "with": {"BASE": "http://${{ secrets.HOST }}"},
        "override": {"env": {"region": "${{ secrets.R }}"}},
    }
    resolution = resolve(manifest(models=[uses], rules=["Ask ${{ secrets.WHO }}"]), {"o/m": single("models", block)})
    assert [secret["fqsn"] for secret in resolution.document["secrets"]] == [
        "org/asst/R",
        "org/asst/WHO",
        "org/asst/o/m/HOST",
        "org/asst/o/m/KEY",
    ]


@pytest.mark.parametrize(
    "value",
    [
        "x\n    apiBase: evil",
        "x\n  - name: q\n    prompt: y",
        "x\nversion: [",
        "x\nrules: [r]",
        "[a, b]",
        "{a: b}",
        "'",
    ],
)
def test_an_input_cannot_break_out_of_its_place(value: str) -> None:
    block = "name: P\nversion: 1.0.0\nprompts:\n  - name: p\n    prompt: ${{ inputs.TEXT }}\n"
    text = manifest(prompts=[{"uses": "o/p", "with": {"TEXT": value}}])
    faults = faults_of(resolve, text, {"o/p": single("prompts", block)})
    assert "changes the structure" in faults[0].message


def test_inputs_cannot_blow_a_block_up() -> None:
    block = "name: R\nversion: 1.0.0\nrules:\n  - name: r\n    rule: " + "${{ inputs.X }} " * 1_000 + "\n"
    text = manifest(rules=[{"uses": "o/r", "with": {"X": "x" * 100_000}}])
    [fault] = faults_of(resolve, text, {"o/r": single("rules", block)})
    assert "too large" in fault.message


def test_a_bundle_has_a_largest_size() -> None:
    size = 250_000
    registry = {
        f"o/r{number}": single("rules", f"{number} {'x' * size}") for number in range(MAX_BUNDLE_BYTES // size + 1)
    }
    text = manifest(rules=[{"uses": name} for name in registry])
    [fault] = faults_of(resolve, text, registry)
    assert "larger than 8 MiB" in fault.message


def test_the_explanation_tells_every_reason() -> None:
    yanked = {"1.2.0": "leaks"}
    block = Published("prompts", {"1.0.0": manifest(prompts=[{"name": "p", "prompt": "${{ inputs.A }}"}])})
    registry = {"o/r": rules("1.0.0", "1.2.0", "1.3.0-rc.1", "2.0.0", yanked=yanked), "o/p": block}
    text = manifest(
        rules=["rule 1.0.0", {"uses": "o/r@^1"}, "rule 1.0.0"],
        prompts=[{"uses": "o/p@1.0.0", "with": {"A": "a", "Z": "z"}, "override": {"description": "d", "name": "q"}}],
    )
    prompt, rule, inline = sorted(resolve(text, registry).explanation, key=lambda entry: entry["path"])
    assert prompt == {
        "path": "prompts[0]",
        "uses": "o/p@1.0.0",
        "chosen": "1.0.0",
        "reason": "asked for exactly",
        "passed_over": [],
        "considered": {"releases": 1, "fitting": 1, "allowed": 1},
        "inputs": ["A", "Z"],
        "defaults": [],
        "unused_inputs": ["Z"],
        "overrides": [
            {"key": "description", "adds": True, "after": "d", "in": "org/asst@1.0.0", "by": "olga"},
            {"key": "name", "adds": False, "before": "p", "after": "q", "in": "org/asst@1.0.0", "by": "olga"},
        ],
    }
    assert rule["reason"] == "newest release that fits ^1"
    assert rule["passed_over"] == [
        {"version": "2.0.0", "reason": "outside ^1", "code": "outside"},
        {"version": "1.3.0-rc.1", "reason": "prerelease", "code": "prerelease"},
        {"version": "1.2.0", "reason": "yanked: leaks", "code": "yanked"},
    ]
    assert rule["dropped"] == "same name as rules[0]"
    assert inline == {"path": "rules[2]", "dropped": "same name as rules[0]"}


@pytest.mark.parametrize(
    ("body", "message", "mend"),
    [
        ("rules:\n  - uses: o/none\n", "no package “o/none” that you may read", "Check the name"),
        ("rules:\n  - uses: o/m\n", "is of kind model", "Put it under “models”"),
        ("rules:\n  - uses: o/r@3\n", "No release of “o/r” fits “3”", "The newest release is 2.0.0"),
        ("rules:\n  - uses: o/r@1.5.0\n", "o/r@1.5.0 was yanked: leaks", "Choose another version"),
        ("rules:\n  - uses: o/gone\n", "o/gone@1.0.0 was yanked: all wrong", "Choose another version"),
        ("models:\n  - uses: o/m\n", "needs the input KEY", "with: {KEY: …}"),
    ],
)
def test_a_requirement_that_cannot_be_met_says_why_and_what_to_do(body: str, message: str, mend: str) -> None:
    registry = {
        "o/r": rules("2.0.0", "1.5.0", yanked={"1.5.0": "leaks"}),
        "o/gone": rules("1.0.0", yanked={"1.0.0": "all wrong"}),
        "o/m": single("models", manifest(models=[model(apiKey="${{ inputs.KEY }}")])),
    }
    [fault] = faults_of(resolve, HEAD + body, registry)
    assert message in fault.message
    assert mend in fault.mend
    assert places([fault]) == ["4:11"]


def test_every_requirement_that_cannot_be_met_is_named() -> None:
    faults = faults_of(resolve, HEAD + "rules:\n  - uses: o/a\n  - uses: o/b\nprompts:\n  - uses: o/c\n", {})
    assert sorted(places(faults)) == ["4:11", "5:11", "7:11"]
