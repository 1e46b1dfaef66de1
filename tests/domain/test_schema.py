"""Items against the schema: what is missing or wrong, where, and how to mend it."""

from __future__ import annotations

import pytest

from registry.domain import manifests, schema, yamltext
from registry.domain.manifests import Manifest, read_block
from tests.domain.building import faults_of, manifest, model, places

HEAD = "name: Any\nversion: 1.0.0\n"
MODEL = HEAD + "models:\n  - name: m\n    provider: openai\n    model: m\n"
SERVER = HEAD + "mcpServers:\n  - name: s\n"


@pytest.mark.parametrize(
    ("section", "text", "place", "message", "mend"),
    [
        ("models", HEAD + "models:\n  - name: m\n    provider: p\n", "4:5", "“model” is missing", "Add “model: …”"),
        ("models", MODEL + "    roles: [chta]\n", "7:13", "“chta” is not known", "Did you mean “chat”?"),
        ("models", MODEL + "    roles: [zzz]\n", "7:13", "“zzz” is not known", "Use one of: chat"),
        ("models", MODEL + "    maxStopWords: many\n", "7:19", "has to be a number", ""),
        ("models", MODEL + "    apiBase: 5\n", "7:14", "has to be text", "Quote the value."),
        ("models", MODEL + "    requestOptions: {headers: {A: [b]}}\n", "7:35", "“A” has to be text", ""),
        ("models", MODEL + "    requestOptions: {caBundlePath: 5}\n", "7:36", "text or a list", ""),
        (
            "models",
            MODEL.replace("openai", "continue-proxy"),
            "5:15",
            "cannot be “continue-proxy”",
            "Name the provider",
        ),
        ("models", MODEL.replace("model: m", "model: ''"), "6:12", "must not be empty", "Write a value."),
        ("mcpServers", SERVER, "4:5", "either “command” or “url”", "Keep exactly one"),
        ("mcpServers", SERVER + "    command: c\n    url: u\n", "4:5", "either “command” or “url”", "Keep exactly one"),
        ("mcpServers", SERVER + "    command: c\n    type: sse\n", "6:11", "“sse” is not known", "Use one of: stdio."),
        (
            "mcpServers",
            SERVER + "    url: u\n    type: stdio\n",
            "6:11",
            "“stdio” is not known",
            "sse, streamable-http",
        ),
        ("mcpServers", SERVER + "    url: u\n    connectionTimeout: 0\n", "6:24", "“connectionTimeout”", ""),
        ("rules", HEAD + "rules:\n  - 5\n", "4:5", "has to be text or a mapping", ""),
        ("rules", HEAD + "rules:\n  - name: r\n", "4:5", "“rule” is missing", "Add “rule: …”"),
        (
            "rules",
            HEAD + "rules:\n  - name: r\n    rule: x\n    alwaysApply: yes\n",
            "6:18",
            "has to be true or false",
            "",
        ),
        ("prompts", HEAD + "prompts:\n  - name: p\n    prompt:\n", "5:12", "has to be text", ""),
    ],
)
def test_an_item_that_clients_would_refuse(section: str, text: str, place: str, message: str, mend: str) -> None:
    [fault] = faults_of(read_block, text, section)
    assert places([fault]) == [place]
    assert message in fault.message
    assert mend in fault.mend


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("version: 1.0.0\nrules: [r]\n", "1:1", "“name” is missing"),
        ("name: A\nrules: [r]\n", "1:1", "“version” is missing"),
        ("name: A\nversion: 1.0\nrules: [r]\n", "2:10", "“version” has to be text"),
        ("name: A\nversion: 1.0.0\nschema: v2\nrules: [r]\n", "3:9", "“v2” is not known"),
        ("name: A\nversion: 1.0.0\nmetadata: {tags: [a]}\nrules: [r]\n", "3:18", "“tags” has to be text"),
        ("name: A\nversion: 1.0.0\nrules: r\n", "3:8", "“rules” has to be a list"),
        ("- a\n", "1:1", "mapping"),
    ],
)
def test_a_document_that_clients_would_refuse(text: str, place: str, message: str) -> None:
    [fault] = faults_of(manifests.read_document, text)
    assert (places([fault]), message in fault.message) == ([place], True)


def test_every_fault_is_named_at_once() -> None:
    text = MODEL + "    roles: [chta]\n    apiBase: 5\n"
    assert places(faults_of(read_block, text, "models")) == ["7:13", "8:14"]


def test_a_data_destination_states_its_schema() -> None:
    document = yamltext.parse(manifest(data=[{"name": "d", "destination": "file:///x"}]))
    [fault] = schema.section_faults("data", document.value["data"][0], ("data", 0), document)
    assert fault.message == "“schema” is missing."


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        (HEAD + "models: []\n", "3:9", "no item"),
        (HEAD, "1:1", "no item"),
        (
            HEAD + "models:\n  - {name: a, provider: p, model: m}\n  - {name: b, provider: p, model: m}\n",
            "5:5",
            "exactly one",
        ),
        (MODEL + "rules: [r]\n", "7:1", "has no “rules”"),
        (HEAD + "models:\n  - uses: o/m\n", "4:11", "does not use other packages"),
    ],
)
def test_a_block_is_one_item_of_its_own_section(text: str, place: str, message: str) -> None:
    [fault] = faults_of(read_block, text, "models")
    assert (places([fault]), message in fault.message) == ([place], True)


def test_unknown_keys_are_dropped_with_a_warning_at_their_place() -> None:
    text = (
        "nmae: x\n"
        + MODEL
        + "    apibase: http://127.0.0.1\n    requestOptions: {timeuot: 5}\nrequestOptions: {a: 1}\n"
    )
    read = read_block(text, "models")
    assert read.value["models"] == [model("m", model="m", requestOptions={})]
    warned = [(place, fault.mend) for place, fault in zip(places(read.warnings), read.warnings, strict=True)]
    assert warned == [
        ("1:1", "Did you mean “name”?"),
        ("10:18", "Remove it, or keep it for readers only."),
        ("8:5", "Did you mean “apiBase”?"),
        ("9:22", "Did you mean “timeout”?"),
    ]


def test_a_variable_may_stand_for_any_scalar_but_not_for_a_mapping() -> None:
    item = model(maxStopWords="${{ inputs.N }}", roles=["${{ inputs.ROLE }}"])
    read = read_block(manifest(models=[item]), "models")
    assert read.inputs == ("N", "ROLE")
    [fault] = faults_of(read_block, manifest(models=[model(maxStopWords="about ${{ inputs.N }}")]), "models")
    assert "number" in fault.message


def describing() -> Manifest:
    text = (
        HEAD + "metadata: {tags: 'Python, c++ Web!', description: D, license: MIT}\nrules:\n  - name: r\n    rule: x\n"
    )
    return manifests.read_rule(text + "# ${{ inputs.IN_A_COMMENT }}\n", "style")


def test_what_is_read_off_a_manifest() -> None:
    read = describing()
    assert (read.title, read.description, read.tags, read.license) == ("Any", "D", ("python", "c++", "web"), "MIT")
    assert read.inputs == ("IN_A_COMMENT",), "clients ask for it, wherever it stands"


@pytest.mark.parametrize(
    ("text", "format"),
    [
        (HEAD + "rules: [Be brief.]\n", "yaml"),
        ("name: A\nsaid without a section\n", "markdown"),
        ("---\nname: A\n---\nrules: are good\n", "markdown"),
        ("rules: of thumb\n", "markdown"),
    ],
)
def test_the_two_forms_of_a_rule_are_told_apart(text: str, format: str) -> None:
    assert manifests.read_rule(text, "style").format == format


def test_a_broken_config_is_not_taken_for_markdown() -> None:
    [fault] = faults_of(manifests.read_rule, "name: A\nversion: 1.0.0\nrules: [\n", "style")
    assert (fault.file, places([fault])) == ("manifest.yaml", ["4:1"])


@pytest.mark.parametrize("text", ["é" * (manifests.MAX_BYTES // 2 + 1), "a\0", "\ud800"])
def test_what_cannot_be_kept_is_refused_in_either_form(text: str) -> None:
    assert len(faults_of(manifests.read_rule, text, "style")) == 1
    assert len(faults_of(manifests.read_document, f"name: {text}")) == 1
