"""Texts of the largest size, made to be slow: whatever looks through a text looks once.

What took steps by the square of the length would take minutes here, so the bound can be generous.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from assistants.domain import composition
from registry.domain import literals, manifests
from registry.domain.faults import MAX_FAULTS, ManifestInvalid
from tests.domain.building import faults_of

SIZE = 250_000
SECONDS = 5
HEAD = "name: A\nversion: 1.0.0\nrules:\n"
PIECES = [
    "x",
    "a-",
    "a.",
    "sk-",
    "ghp_",
    "a://",
    "-----BEGIN ",
    "${{",
    "${{ a",
    "${{ inputs.a",
    "&a ",
    "*a ",
    "[a,",
    "? ",
]
PIECES += ["'", ",", "{", "key_", "1e", "---\n", "\r\n", " ", "- ", "a: "]


def rule(text: str) -> object:
    return manifests.read_rule(text, "style")


READERS: dict[str, Callable[[str], object]] = {
    "as a document": composition.read,
    "as a plain value": lambda text: composition.read(f"{HEAD}  - {text}\n"),
    "as a rule": rule,
    "as front matter": lambda text: rule(f"---\nglobs: *{text}\n---\nx"),
    "as a README": lambda text: literals.in_text(text, "README.md"),
}


@pytest.mark.parametrize("reader", READERS)
def test_no_text_takes_long(reader: str) -> None:
    for piece in PIECES:
        text = piece * (SIZE // len(piece))
        started = time.process_time()
        with suppress(ManifestInvalid):
            READERS[reader](text)
        assert time.process_time() - started < SECONDS, piece


def test_no_more_faults_than_anybody_reads() -> None:
    assert len(faults_of(composition.read, HEAD + "  - 5\n" * 5_000)) == MAX_FAULTS
