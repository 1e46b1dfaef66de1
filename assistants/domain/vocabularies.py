"""How many tokens a text has in one vocabulary, and how far the vocabularies of other models are from it.

A model counts in its own vocabulary, and few of those may be handed on. So one is counted in, and for the others it was
measured how much more or less they take for the same texts: `python -m bench.tokens`, on the 147 Markdown files of the
corpus (rules, instructions, skills; 1.2 million characters). ADR 0030 says why it is done like this.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

type Counter = Callable[[Sequence[str]], list[int]]

VOCABULARY = "o200k_base"


@dataclass(frozen=True)
class Family:
    """Models that share a vocabulary, and how many per cent more tokens it makes of the same texts.

    `percent` is of all texts together; of nine texts in ten it lies between `low` and `high`. `measured_with` is how
    `bench.tokens` names the vocabulary.
    """

    title: str
    pattern: re.Pattern[str]
    measured_with: str
    percent: float
    low: float
    high: float


def _family(title: str, pattern: str, measured_with: str, percent: float, low: float, high: float) -> Family:
    return Family(title, re.compile(pattern, re.IGNORECASE), measured_with, percent, low, high)


# The first whose pattern is found in a model's name. A name that fits none is of a vocabulary that nobody measured.
FAMILIES = (
    _family(
        "GPT-4o, GPT-4.1, GPT-5, o1, o3, o4, gpt-oss",
        r"\bgpt-(?:4o|4\.1|5|oss)|(?:^|/)o[134](?:-|$)",
        "o200k_base",
        0,
        0,
        0,
    ),
    _family("GPT-4, GPT-3.5", r"\bgpt-(?:4|3\.5|35)(?![.\w])", "cl100k_base", -0.3, -2.8, 1.7),
    _family(
        "Claude from Opus 4.7 on", r"\bclaude-(?:[a-z]+-)?(?:4[-.][789]|[5-9])(?!\d)", "ctok 4.8", 65.9, 52.8, 83.8
    ),
    _family("Claude up to Opus 4.6", r"\bclaude-(?:[a-z]+-)?[34](?!\d)", "ctok 3.0", 16.7, 10.8, 27.4),
    _family("Llama 3", r"\bllama-?3", "llama3", -0.6, -3.0, 1.4),
    _family("Qwen 3.5", r"\bqwen-?3\.5(?!\d)", "qwen3.5", 5.0, 0.9, 10.2),
    _family("Qwen 2, Qwen 2.5, Qwen 3", r"\bqwen-?(?:2(?:\.5)?|3)(?![.\d])", "qwen3", 0.2, -2.7, 2.8),
    _family("DeepSeek V3, R1", r"\bdeepseek-(?:v3|r1)\b", "deepseek_v3", 3.0, -0.7, 6.4),
    _family("Mistral NeMo, Pixtral", r"\bmistral-nemo|\bpixtral", "mistral_v3", 3.6, -0.2, 6.8),
    _family("Codestral, Mistral 7B", r"\bcodestral|\bmistral[-:]7b", "mistral_v2", 23.0, 14.3, 33.2),
    _family("GLM-4, GLM-4.5", r"\bglm-4(?:\.5)?(?![.\d])", "glm4", -0.5, -2.8, 1.4),
    _family("Kimi K2", r"\bkimi-k2", "kimi_k2", -1.4, -4.0, 0.7),
    _family("Phi-4", r"\bphi-?4\b", "phi4", -0.3, -2.8, 1.7),
    _family("Gemma 3", r"\bgemma-?3(?![.\d])", "gemma3", 8.3, 2.0, 16.7),
)


def spread() -> tuple[float, float]:
    """The least and the most by which any vocabulary that was measured differs, in per cent, of all texts together."""
    return min(one.percent for one in FAMILIES), max(one.percent for one in FAMILIES)


def family_of(model: str) -> Family | None:
    """The family of a model by the name that its server knows it by; None if its vocabulary was not measured."""
    return next((family for family in FAMILIES if family.pattern.search(model)), None)


def count(texts: Sequence[str]) -> list[int]:
    """The tokens of each text. What looks like a control token (`<|endoftext|>`) is counted as the text that it is.

    The first call in a process takes about a second and 65 MiB, for the vocabulary; a megabyte of text then takes a tenth
    of a second.
    """
    import toktok  # noqa: PLC0415  # large, and most processes never count

    found: list[int] = toktok.batch_count(texts, VOCABULARY, threads=1)
    return found
