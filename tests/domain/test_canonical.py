"""Canonical JSON: one value, one text, one digest."""

from __future__ import annotations

import json
import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from registry.domain import canonical

values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**53) + 1, 2**53 - 1),
        # JSON writes larger ones as whole numbers; yamltext lets neither in.
        st.floats(-(2.0**53) + 1, 2.0**53 - 1),
        st.text(),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=5), inner, max_size=4)),
    max_leaves=12,
)


def shuffled(value: Any, chance: random.Random) -> Any:
    """The same value with the keys of its mappings in another order."""
    if isinstance(value, dict):
        keys = list(value)
        chance.shuffle(keys)
        return {key: shuffled(value[key], chance) for key in keys}
    return [shuffled(item, chance) for item in value] if isinstance(value, list) else value


@given(value=values, chance=st.randoms(use_true_random=False))
def test_the_order_of_keys_does_not_matter(value: Any, chance: random.Random) -> None:
    assert canonical.encode(shuffled(value, chance)) == canonical.encode(value)


@given(value=values)
def test_the_text_says_the_value_and_is_the_only_one(value: Any) -> None:
    text = canonical.encode(value)
    assert json.loads(text) == value
    assert canonical.encode(json.loads(text)) == text


@given(one=values, other=values)
def test_different_values_have_different_digests(one: Any, other: Any) -> None:
    texts = canonical.encode(one), canonical.encode(other)
    assert (texts[0] == texts[1]) == (canonical.digest(texts[0]) == canonical.digest(texts[1]))


def test_the_form_is_that_of_rfc_8785() -> None:
    value = {"numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 1e-27], "€": '$\u000f\nA\'B"\\"/', "a": [None, True]}
    expected = '{"a":[null,true],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"€":"$\\u000f\\nA\'B\\"\\\\\\"/"}'
    assert canonical.encode(value).decode() == expected


def test_a_digest_is_named_after_its_algorithm() -> None:
    digest = canonical.digest(b"")
    assert digest == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert canonical.DIGEST_PATTERN.fullmatch(digest)
