"""Counting tokens without a network, and how far other vocabularies are off."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from assistants.domain import vocabularies
from assistants.domain.vocabularies import FAMILIES, VOCABULARY, family_of
from bench import tokens
from tests.repository.documents import ROOT

STARTER = ROOT / "assistants" / "starter" / "packages"
CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
# A rounding, and what a newer release of a tokenizer may change without the document being wrong.
CLOSE = 0.15


def test_counts_are_those_of_the_vocabulary() -> None:
    assert vocabularies.count(["hello world", "", "<|endoftext|>"]) == [2, 0, 7]
    assert vocabularies.count([]) == []


def test_counts_agree_with_another_implementation() -> None:
    texts = [path.read_text() for path in sorted(STARTER.rglob("*.yaml"))]
    assert len(texts) > 20
    assert vocabularies.count(texts) == tokens.counter(VOCABULARY)(texts)


def test_counting_needs_no_network_and_no_file_outside_its_package(tmp_path: Path) -> None:
    code = (
        "import socket\n"
        "def refuse(*_, **__): raise RuntimeError('asked the network')\n"
        "socket.socket = socket.create_connection = socket.getaddrinfo = refuse\n"
        "from assistants.domain import vocabularies\n"
        "print(vocabularies.count(['hello world'])[0])\n"
    )
    nowhere = {
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path),
        "PYTHONPATH": str(ROOT),
        "PATH": os.environ["PATH"],
    }
    done = subprocess.run(
        [sys.executable, "-c", code], env=nowhere, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "2"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("model", "measured_with"),
    [
        ("gpt-4o-mini", "o200k_base"),
        ("gpt-4.1", "o200k_base"),
        ("gpt-5.2", "o200k_base"),
        ("openai/gpt-oss-120b", "o200k_base"),
        ("o3-mini", "o200k_base"),
        ("gpt-4-turbo", "cl100k_base"),
        ("gpt-3.5-turbo", "cl100k_base"),
        ("claude-3-7-sonnet-latest", "ctok 3.0"),
        ("claude-3-opus-20240229", "ctok 3.0"),
        ("claude-opus-4-20250514", "ctok 3.0"),
        ("claude-sonnet-4-6", "ctok 3.0"),
        ("anthropic.claude-sonnet-4-5-20250929-v1:0", "ctok 3.0"),
        ("claude-opus-4-7", "ctok 4.8"),
        ("claude-opus-4.8", "ctok 4.8"),
        ("claude-sonnet-5", "ctok 4.8"),
        ("llama3.1:8b", "llama3"),
        ("meta-llama/Llama-3.3-70B-Instruct", "llama3"),
        ("qwen2.5-coder:1.5b", "qwen3"),
        ("Qwen/Qwen3-Coder-30B-A3B-Instruct", "qwen3"),
        ("qwen3.5-max", "qwen3.5"),
        ("deepseek-r1", "deepseek_v3"),
        ("codestral-latest", "mistral_v2"),
        ("glm-4.5-air", "glm4"),
        ("gemma3:27b", "gemma3"),
    ],
)
def test_models_are_told_by_their_names(model: str, measured_with: str) -> None:
    family = family_of(model)
    assert family is not None
    assert family.measured_with == measured_with


@pytest.mark.parametrize(
    "model",
    ["our-model", "gpt-4.5-preview", "qwen3.6", "glm-4.6", "deepseek-v4", "llama-4-scout", "grok-4", "foo1-mini"],
)
def test_a_vocabulary_that_was_not_measured_is_not_claimed(model: str) -> None:
    assert family_of(model) is None


@pytest.mark.skipif(
    not CORPUS.is_dir() and os.environ.get("CI") != "true", reason="NOT RUN: the corpus is not beside the project"
)
def test_the_differences_are_those_that_were_measured() -> None:
    texts = tokens.texts_of(CORPUS)
    assert len(texts) == 147
    ours = vocabularies.count(texts)
    for family in FAMILIES:
        found = tokens.difference(texts, tokens.counter(family.measured_with), ours)
        told = (family.percent, family.low, family.high)
        assert (found.percent, found.low, found.high) == pytest.approx(told, abs=CLOSE), family.title


def test_the_spread_spans_every_family() -> None:
    assert vocabularies.spread() == (-1.4, 65.9)
