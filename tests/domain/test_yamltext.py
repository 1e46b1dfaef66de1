"""YAML as the clients' parser reads it, with places, and bounded."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.domain import yamltext
from registry.domain.faults import ManifestInvalid
from tests.domain.building import faults_of, places
from tests.support.node import Oracle

# Where a word means the same in YAML 1.1 there is nothing to show.
WORDS: dict[str, Any] = {
    "yes": "yes",
    "on": "on",
    "010": 10,
    "0o10": 8,
    "0x1F": 31,
    "1_000": "1_000",
    "1:30": "1:30",
    "2001-01-01": "2001-01-01",
    "~": None,
    "": None,
    "NULL": None,
    "nULL": "nULL",
    "TRUE": True,
    "tRue": "tRue",
    "+1": 1,
    "1e3": 1000.0,
    ".5": 0.5,
    "0b11": "0b11",
    "!!str 1": "1",
    "! 12": "12",
    "'010'": "010",
    "<<": "<<",
    "=": "=",
}


@pytest.mark.parametrize("text", WORDS)
def test_words_mean_what_yaml_1_2_says(text: str) -> None:
    value = yamltext.parse(f"a: {text}\n").value["a"]
    assert (value, type(value)) == (WORDS[text], type(WORDS[text]))


def test_values_and_keys_know_their_places() -> None:
    document = yamltext.parse("a: 1\nb:\n  - c: ünï\n    d: 'x'\n", first_line=10)
    assert document.place(("b", 0, "d")) == yamltext.Place(13, 8)
    assert document.key_place(("b", 0, "d")) == yamltext.Place(13, 5)
    assert document.place(("b", 0, "absent", "deeper")) == yamltext.Place(12, 5)
    span = document.spans["b", 0, "c"]
    assert "a: 1\nb:\n  - c: ünï\n    d: 'x'\n"[span.start : span.end] == "ünï"


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("", "1:1", "empty"),
        ("# only a comment\n", "1:1", "empty"),
        ("a: 1\na: 2\n", "2:1", "there twice"),
        ('a: 1\n"a": 2\n', "2:1", "there twice"),
        ("a: [1, 2\n", "2:1", "not valid YAML"),
        ("a:\n\tb: 1\n", "2:1", "not valid YAML"),
        ("a: b: c\n", "1:5", "not valid YAML"),
        ("a: *gone\n", "1:4", "refers to nothing"),
        ("globs: **/*.ts\n", "1:9", "not valid YAML"),
        ("a: &self [*self]\n", "1:11", "refers to nothing"),
        ("a: !!python/object:os.system x\n", "1:4", "tag"),
        ("a: !local x\n", "1:4", "tag"),
        ("? [a]\n: b\n", "1:3", "plain word"),
        ("a: .nan\n", "1:4", "finite"),
        ("a: 1e999\n", "1:4", "too large"),
        ("a: 9007199254740993\n", "1:4", "too large"),
        ("a: 1\n---\nb: 2\n", "2:1", "second document"),
        ("éééééé: \x07\n", "1:9", "U+0007"),
        ("a: \ud800\n", "1:4", "U+D800"),
        ('a: "x\\0y"\n', "1:4", "U+0000"),
        ('"\\0": x\n', "1:1", "U+0000"),
    ],
)
def test_faults_name_their_place(text: str, place: str, message: str) -> None:
    faults = faults_of(yamltext.parse, text)
    assert places(faults) == [place]
    assert message in faults[0].message


def test_an_alias_is_a_copy_of_the_value() -> None:
    assert yamltext.parse("a: &x [1]\nb: *x\nc: {d: *x}\n").value == {"a": [1], "b": [1], "c": {"d": [1]}}


def test_bombs_are_refused() -> None:
    laughs = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True):
        laughs += f"{name}: &{name} [{', '.join(['*' + before] * 10)}]\n"
    long_text = f"a: &a {'x' * 100_000}\nb: [{', '.join(['*a'] * 5_000)}]\n"
    for bomb in (laughs, long_text):
        assert "aliases expanded" in faults_of(yamltext.parse, bomb)[0].message


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 10_000, "- " * 5_000 + "x", "? " * 5_000 + "x"])
def test_depth_is_bounded(text: str) -> None:
    assert len(faults_of(yamltext.parse, text)) == 1


def test_forty_levels_are_allowed() -> None:
    assert yamltext.parse("[" * yamltext.MAX_DEPTH + "]" * yamltext.MAX_DEPTH).value
    assert places(faults_of(yamltext.parse, "[" * 42 + "]" * 42)) == ["1:42"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: ${{ inputs.X }}", {"a": "${{ inputs.X }}"}),
        ("a: [${{ inputs.X }}, b]", {"a": ["${{ inputs.X }}", "b"]}),
        ("{a: x-${{inputs.X}}-y}", {"a": "x-${{inputs.X}}-y"}),
        ("${{ inputs.K }}: v", {"${{ inputs.K }}": "v"}),
        ("a: ${{ secrets.X }}", {"a": "${{ secrets.X }}"}),
        ("a: ['${{ secrets.X }}']", {"a": ["${{ secrets.X }}"]}),
        ("a: |\n  x ${{ inputs.X }}\n  \ue000 kept", {"a": "x ${{ inputs.X }}\n\ue000 kept"}),
        ("a: x\u2028y\u2029\x85z", {"a": "x\u2028y\u2029\x85z"}),
    ],
)
def test_variables_may_stand_where_clients_replace_them_first(text: str, value: Any) -> None:
    assert yamltext.parse(text).value == value


def test_a_secret_in_brackets_has_to_be_quoted() -> None:
    fault = faults_of(yamltext.parse, "a: [${{ secrets.X }}]\n")[0]
    assert "quote a variable" in fault.mend


def test_places_after_a_variable_are_those_of_the_text() -> None:
    document = yamltext.parse("{a: ${{ inputs.LONG_NAME }}, b: c}")
    assert document.place(("b",)).column == 33


pieces = st.sampled_from(
    [
        "a",
        "b: ",
        "- ",
        "\n",
        "\n  ",
        "[",
        "]",
        "{",
        "}",
        ", ",
        ": ",
        "'",
        '"',
        "&x ",
        "*x",
        "!!str ",
        "!",
        "|\n",
        ">-\n",
    ]
    + [
        "# c",
        "---\n",
        "...\n",
        "? ",
        "%",
        "@",
        "\t",
        "\r\n",
        "\\0",
        "\ufeff",
        "\x85",
        "\u2028",
        "${{ inputs.A }}",
        "é",
        "1e5",
    ]
)


@given(text=st.one_of(st.text(st.characters(), max_size=60), st.lists(pieces, max_size=30).map("".join)))
def test_any_text_is_read_or_refused_with_a_place_in_it(text: str) -> None:
    try:
        yamltext.parse(text)
    except ManifestInvalid as error:
        lines = text.count("\n") + text.count("\r") + 2
        assert all(1 <= fault.place.line <= lines for fault in error.faults)


HEAD = "name: A\nversion: 1.0.0\ncontext:\n  - provider: p\n    params:\n"


def _agrees(ours: Any, answer: dict[str, Any]) -> bool:
    context = answer["config"].get("context")
    return context is not None and context[0].get("params") == ours


values = st.recursive(
    st.one_of(
        st.sampled_from(sorted(WORDS)),
        st.sampled_from(["plain", "two words", "a#b", "'it''s'", '"\\u00e9\\t"', "x\u2028y", "-1", "1.50", "[]", "{}"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.dictionaries(st.sampled_from(["a", "b", "'c d'", "yes"]), inner, min_size=1, max_size=3).map(
            lambda items: "{" + ", ".join(f"{key}: {item}" for key, item in items.items()) + "}"
        ),
    ),
    max_leaves=6,
)


@pytest.mark.node
@settings(max_examples=30)
@given(texts=st.lists(values, min_size=20, max_size=20))
def test_the_clients_parser_reads_the_same_values(oracle: Oracle, texts: list[str]) -> None:
    documents = [f"{HEAD}      {text}\n" for text in texts]
    questions = [{"op": "unroll", "id": "org/asst", "content": document} for document in documents]
    answers = oracle.ask("batch", questions=questions)
    for document, answer in zip(documents, answers, strict=True):
        try:
            ours = yamltext.parse(document).value["context"][0]["params"]
        except ManifestInvalid:
            # The reference takes what is no YAML for a Markdown rule.
            assert "context" not in answer["config"], document
        else:
            assert _agrees(ours, answer), document
