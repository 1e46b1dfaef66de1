"""Our resolution against the reference's `unrollAssistantFromContent`, on generated assistants.

Ranges are ours alone, so the reference gets the manifest in which they are pinned. Secrets stay variables on both sides.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from registry.domain import schema
from tests.domain.building import IDENTITY, Published, config_of, faults_of, manifest, model, places, resolve, single
from tests.support.node import Oracle

pytestmark = pytest.mark.node


@pytest.fixture(scope="module")
def oracle() -> Iterator[Oracle]:
    with Oracle() as running:
        yield running


def unrolled(oracle: Oracle, text: str, registry: dict[str, Published]) -> dict[str, Any]:
    """What the reference makes of an assistant, without sections that are empty."""
    texts = {name: dict(package.texts) for name, package in registry.items()}
    answer = oracle.ask("unroll", id=IDENTITY, content=text, packages=texts, orgScopeId="ORG")
    assert answer["errors"] == []
    return without_empty(answer["config"])


def without_empty(config: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in config.items() if value not in ([], None)}


# --- Generated registries and assistants -----------------------------------------------------------------------------

names = st.sampled_from(["A", "b", "two words", "ünï", "yes", "010"])
texts = st.sampled_from(
    [
        "plain",
        "with: colon",
        "- dash",
        "# hash",
        "tab\tin",
        "two\nlines\n",
        "quote \" ' \\",
        "${{ secrets.S }}",
        "{a: b}",
    ]
)
keys = st.sampled_from(["${{ secrets.KEY }}", "Bearer ${{ secrets.KEY }}", "none"])
numbers = st.one_of(st.integers(0, 10**6), st.floats(0, 2, width=16))
options = st.fixed_dictionaries(
    {},
    optional={
        "timeout": st.integers(1, 99),
        "verifySsl": st.booleans(),
        "headers": st.dictionaries(st.sampled_from(["X-A", "X-B"]), st.sampled_from(["1", "${{ secrets.H }}"])),
        "caBundlePath": st.one_of(st.just("a.pem"), st.just(["a.pem", "b.pem"])),
        "notInTheFormat": st.just("dropped"),
    },
)
MODEL_OPTIONAL = {
    "apiKey": keys,
    "apiBase": st.just("http://127.0.0.1:9/v1"),
    "roles": st.lists(st.sampled_from(["chat", "edit", "embed"]), unique=True),
    "requestOptions": options,
    "defaultCompletionOptions": st.fixed_dictionaries({}, optional={"temperature": numbers, "stop": st.lists(texts)}),
    "env": st.dictionaries(st.sampled_from(["region", "profile"]), st.one_of(st.booleans(), texts)),
    "notInTheFormat": st.just({"dropped": [1]}),
}
STDIO_OPTIONAL = {
    "args": st.lists(texts, max_size=2),
    "env": st.dictionaries(st.sampled_from(["TOKEN", "HOME"]), keys),
    "cwd": st.just("src"),
    "notInTheFormat": st.just(1),
}
RULE_OPTIONAL = {
    "description": texts,
    "globs": st.one_of(st.just("**/*.py"), st.just(["*.a", "*.b"])),
    "alwaysApply": st.booleans(),
    "invokable": st.booleans(),
}
ITEMS: dict[str, st.SearchStrategy[Any]] = {
    "models": st.fixed_dictionaries(
        {"name": names, "provider": st.sampled_from(["openai", "ollama"]), "model": st.just("m")},
        optional=MODEL_OPTIONAL,
    ),
    "mcpServers": st.one_of(
        st.fixed_dictionaries({"name": names, "command": st.just("run")}, optional=STDIO_OPTIONAL),
        st.fixed_dictionaries(
            {"name": names, "url": st.just("http://127.0.0.1:9/mcp")},
            optional={"type": st.just("streamable-http"), "apiKey": keys, "requestOptions": options},
        ),
    ),
    "rules": st.one_of(
        texts, st.fixed_dictionaries({"name": names, "rule": texts.filter(str.strip)}, optional=RULE_OPTIONAL)
    ),
    "prompts": st.fixed_dictionaries({"name": names, "prompt": texts}, optional={"description": texts}),
    "context": st.fixed_dictionaries(
        {"provider": st.sampled_from(["code", "diff"])}, optional={"name": names, "params": st.just({"n": [1, None]})}
    ),
    "data": st.fixed_dictionaries(
        {"name": names, "destination": st.just("file:///data"), "schema": st.just("0.2.0")},
        optional={"level": st.just("noCode"), "apiKey": keys},
    ),
    "docs": st.fixed_dictionaries({"name": names, "startUrl": st.just("https://docs.example.org")}),
}
OVERRIDES: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "models": st.fixed_dictionaries({}, optional={"name": names, **MODEL_OPTIONAL}),
    # Of a remote server the reference drops overrides of what a local one has not, such as `url`; we apply them.
    "mcpServers": st.fixed_dictionaries({}, optional={"name": names}),
    "prompts": st.fixed_dictionaries({}, optional={"name": names, "description": texts}),
    "rules": st.just({}),
}
MARKDOWN = ["---\nname: md\nglobs: '*.py'\n---\nBe brief.", "---\ndescription: d\n---\n\nTwo\n---\nparts\n"]
VERSIONS = ["1.0.0", "1.2.0", "2.0.0-rc.1"]
RANGES = ["", "@latest", "@1.0.0", "/1.2.0", "@^1", "@1.x", "@>=1.0.0 <2", "@2.0.0-rc.1"]


@st.composite
def blocks(draw: st.DrawFn, section: str) -> Published:
    """A package of three versions; some items take the inputs TEXT and KEY."""
    released = {}
    for version in VERSIONS:
        item = draw(ITEMS[section])
        if isinstance(item, dict) and draw(st.booleans()):
            key = {"models": "apiBase", "mcpServers": "cwd", "rules": "description", "prompts": "description"}[section]
            if section != "mcpServers" or "command" in item:
                item[key] = draw(
                    st.sampled_from(["${{ inputs.TEXT }}", "x/${{ inputs.KEY }}", "${{inputs.TEXT}}${{ secrets.S }}"])
                )
        released[version] = manifest(**{section: [item]})
        if section == "rules" and draw(st.booleans()):
            released[version] = draw(st.sampled_from(MARKDOWN))
    return Published(section, released)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[str, dict[str, Published]]:
    """An assistant and the packages that it uses, and some that it does not."""
    registry = {
        f"{owner}/{section.lower()}": draw(blocks(section))
        for owner in ("o", "p")
        for section in ("models", "mcpServers", "rules", "prompts")
    }
    sections: dict[str, Any] = {}
    for section in draw(st.lists(st.sampled_from(schema.SECTIONS), min_size=1, max_size=4, unique=True)):
        entries: list[Any] = []
        for _ in range(draw(st.integers(1, 4))):
            used = [name for name, package in registry.items() if package.section == section]
            entries.append(draw(requirements(section, used)) if used and draw(st.booleans()) else draw(ITEMS[section]))
        sections[section] = entries
    more = draw(st.fixed_dictionaries({}, optional={"requestOptions": options, "env": st.just({"A": 1})}))
    return manifest(schema="v1", metadata={"tags": "x"}, **more, **sections), registry


@st.composite
def requirements(draw: st.DrawFn, section: str, used: list[str]) -> dict[str, Any]:
    asked: dict[str, Any] = {"uses": draw(st.sampled_from(used)) + draw(st.sampled_from(RANGES))}
    asked["with"] = {
        "TEXT": draw(st.sampled_from(["plain", "a b", "${{ secrets.FROM_WITH }}", "x/y"])),
        "KEY": draw(st.sampled_from(["value", "${{ secrets.OTHER }}"])),
        "UNUSED": "u",
    }
    if section != "rules" and (override := draw(OVERRIDES[section])):
        asked["override"] = override
    return asked


# Making such worlds smaller takes minutes.
@settings(max_examples=50, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(world=worlds())
def test_the_bundle_is_what_the_reference_unrolls(oracle: Oracle, world: tuple[str, dict[str, Published]]) -> None:
    text, registry = world
    resolution = resolve(text, registry)
    ours = dict(resolution.document["config"])
    assert without_empty(ours) == unrolled(oracle, resolution.pinned_manifest, registry)


# --- Where the reference gives null or an error ----------------------------------------------------------------------

KEYED = manifest(models=[model(apiKey="${{ inputs.KEY }}")])
TEXT_INPUT = "name: P\nversion: 1.0.0\nprompts:\n  - name: p\n    prompt: ${{ inputs.TEXT }}\n"
NUMBER_INPUT = "name: M\nversion: 1.0.0\nmodels:\n  - {name: m, provider: p, model: m, maxStopWords: ${{ inputs.N }}}\n"
COMMENT_INPUT = "name: P\nversion: 1.0.0\n# ${{ inputs.TEXT }}\nprompts:\n  - name: p\n    prompt: x\n"
REGISTRY = {
    "o/keyed": single("models", KEYED),
    "o/text": single("prompts", TEXT_INPUT),
    "o/number": single("models", NUMBER_INPUT),
    "o/comment": single("prompts", COMMENT_INPUT),
    "o/rule": single("rules", "Be brief."),
}
HEAD = "name: A\nversion: 1.0.0\n"


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ("models:\n  - uses: o/none\n", "4:11"),
        ("models:\n  - uses: o/keyed\n", "4:11"),
        ("models:\n  - uses: o/keyed\n    with: {OTHER: x}\n", "4:11"),
        ("prompts:\n  - uses: o/comment\n", "4:11"),
        ("prompts:\n  - uses: o/rule\n", "4:11"),
        ("models:\n  - uses: o/text\n    with: {TEXT: x}\n", "4:11"),
        ('prompts:\n  - uses: o/text\n    with: {TEXT: "x\\n  - name: q\\n    prompt: y"}\n', "4:11"),
        ('prompts:\n  - uses: o/text\n    with: {TEXT: "[1"}\n', "4:11"),
        ('prompts:\n  - uses: o/text\n    with: {TEXT: "5"}\n', "4:11"),
        ('models:\n  - uses: o/number\n    with: {N: "many"}\n', "4:11"),
        ("models:\n  - uses: ./local.yaml\n", "4:11"),
        ("rules:\n  - fine\n  - uses: o/rule@2.0.0\n", "5:11"),
    ],
)
def test_what_the_reference_turns_into_null_is_refused_at_its_place(oracle: Oracle, body: str, place: str) -> None:
    texts = {name: dict(package.texts) for name, package in REGISTRY.items()}
    answer = oracle.ask("unroll", id=IDENTITY, content=HEAD + body, packages=texts, orgScopeId="ORG")
    section = body.partition(":")[0]
    assert None in answer["config"][section]
    assert places(faults_of(resolve, HEAD + body, REGISTRY)) == [place]


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ("models:\n  - name: m\n    provider: p\n", "4:5"),
        ("models:\n  - uses: o/keyed\n    with: {KEY: 5}\n", "5:17"),
        ("mcpServers:\n  - name: s\n    command: c\n    type: sse\n", "6:11"),
        ("data:\n  - name: d\n    destination: x\n", "4:5"),
        ("rules:\n", "3:7"),
        ("rules:\n  - uses: [a]\n", "4:11"),
        ("rules: [a\n", "4:1"),
        ("mcpServers:\n  - {name: s, command: c, env: {T: ${{ secrets.T }}}}\n", "4:37"),
        ("metadata: {tags: [a]}\nrules: [a]\n", "3:18"),
    ],
)
def test_what_makes_the_reference_take_an_assistant_for_markdown_is_refused(
    oracle: Oracle, body: str, place: str
) -> None:
    answer = oracle.ask("unroll", id=IDENTITY, content=HEAD + body, packages={}, orgScopeId="ORG")
    assert list(answer["config"]) == ["name", "version", "rules"]
    assert [rule["name"] for rule in answer["config"]["rules"]] == ["asst"]
    assert places(faults_of(resolve, HEAD + body, REGISTRY)) == [place]


def test_an_input_that_fits_is_filled_in_as_a_number(oracle: Oracle) -> None:
    text = HEAD + 'models:\n  - uses: o/number\n    with: {N: "8192"}\n'
    registry = {"o/number": REGISTRY["o/number"]}
    assert config_of(text, registry)["models"][0]["maxStopWords"] == 8192
    assert unrolled(oracle, text, registry)["models"] == config_of(text, registry)["models"]


def test_a_variable_over_several_lines_is_the_same_variable(oracle: Oracle) -> None:
    block = "name: P\nversion: 1.0.0\nprompts:\n  - name: p\n    prompt: a ${{\n      inputs.TEXT }} ${{ secrets.S }}\n"
    text = HEAD + "prompts:\n  - uses: o/p\n    with: {TEXT: x}\n"
    registry = {"o/p": single("prompts", block)}
    assert config_of(text, registry)["prompts"][0]["prompt"] == "a x ${{ secrets.org/asst/o/p/S }}"
    assert unrolled(oracle, text, registry)["prompts"] == config_of(text, registry)["prompts"]


def _example(part: dict[str, Any]) -> Any:
    """A value that uses every key that our schema has for it."""
    if "$ref" in part:
        return _example(schema.definition(part["$ref"].removeprefix("#/$defs/")))
    if "anyOf" in part:
        return _example(part["anyOf"][-1])
    if "enum" in part:
        return part["enum"][0]
    match part.get("type"):
        case "object" if "properties" in part:
            return {key: _example(value) for key, value in part["properties"].items()}
        case "object":
            return {"k": _example(part.get("additionalProperties", {}))}
        case "array":
            return [_example(part["items"])] * part.get("minItems", 1)
        case "number":
            return 1
        case "boolean":
            return True
    return "text"


@pytest.mark.parametrize("section", schema.SECTIONS)
def test_every_field_that_our_schema_has_survives_the_reference(oracle: Oracle, section: str) -> None:
    item = _example(schema.section_definition(section))
    variants = [item]
    if section == "models":  # These are newer than this version of the reference.
        del item["contextLength"], item["useResponsesApi"], item["defaultCompletionOptions"]["keepAlive"]
    if section == "mcpServers":
        remote = {key: item[key] for key in item.keys() - {"command", "args", "env", "cwd"}} | {"type": "sse"}
        variants = [{key: item[key] for key in item.keys() - {"url", "apiKey", "requestOptions"}}, remote]
    for variant in variants:
        assert unrolled(oracle, manifest(**{section: [variant]}), {})[section] == [variant]


def test_the_request_options_keep_every_field(oracle: Oracle) -> None:
    options = _example(schema.definition("requestOptions"))
    options["clientCertificate"]["passphrase"] = "${{ secrets.org/asst/P }}"
    text = manifest(requestOptions=options, rules=["r"]).replace("org/asst/P", "P")
    assert unrolled(oracle, text, {})["requestOptions"] == options == config_of(text, {})["requestOptions"]


@pytest.mark.parametrize(
    "body",
    [
        "rules:\n  - uses: >-\n      o/rule@^1\n  - two\n",
        "shared: &name o/rule@^1\nrules:\n  - uses: *name\nprompts: [{name: p, prompt: x}]\n",
        "rules:\n  - uses: &name o/rule@^1\n  - name: *name\n    rule: x\n",
        "shared: &use {uses: o/rule@^1}\nrules:\n  - *use\n",
        "rules: [{uses: !!str o/rule@^1}, 'two'] # why\n",
        "rules:\n  - ? uses\n    : 'O/Rule@1.x'\n",
    ],
)
def test_pinning_survives_every_way_of_writing_a_name(oracle: Oracle, body: str) -> None:
    registry = {"o/rule": REGISTRY["o/rule"]}
    resolution = resolve(HEAD + body, registry)
    assert "^" not in yaml.safe_load(resolution.pinned_manifest)["rules"][0]["uses"]
    assert unrolled(oracle, resolution.pinned_manifest, registry) == without_empty(resolution.document["config"])
