"""`python -m bench.tokens FOLDER`: how far the vocabularies of models are from the one that the hub counts in.

Every Markdown file under the folder (`.md`, `.mdc`) is counted in each. Open vocabularies are splintr's, a second
implementation whose `o200k_base` also has to agree with the one in use; Claude's is a reconstruction by ctok, since
Anthropic publishes none, without the tokens that stand around a message.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistants.domain import vocabularies
from assistants.domain.vocabularies import FAMILIES, VOCABULARY, Counter

SUFFIXES = (".md", ".mdc")
# Explains the folder rather than being one of its texts.
LEFT_OUT = "README.md"


@dataclass(frozen=True)
class Difference:
    """How many per cent more tokens a vocabulary makes than the hub's: in all, and of single texts."""

    percent: float
    median: float
    low: float
    high: float
    least: float
    most: float


def counter(name: str) -> Counter:
    """What counts in the vocabulary that `FAMILIES` names so."""
    if name == "qwen3.5":
        import toktok  # noqa: PLC0415  # each of these is large

        return lambda texts: toktok.batch_count(texts, name)
    if name.startswith("ctok "):
        return _claude(name.removeprefix("ctok "))
    import splintr  # noqa: PLC0415  # as above

    found = splintr.Tokenizer.from_pretrained(name)
    return lambda texts: [len(found.encode_ordinary(text)) for text in texts]


def _claude(version: str) -> Counter:
    from ctok import token_count  # noqa: PLC0415  # as above

    # One letter is one token; the rest is what stands around every message.
    frame = token_count("a", version) - 1
    return lambda texts: [token_count(text, version) - frame for text in texts]


def texts_of(folder: Path) -> list[str]:
    """The texts to count, none of them empty."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES and path.name != LEFT_OUT)
    return [text for file in files if (text := file.read_text(errors="replace")).strip()]


def difference(texts: Sequence[str], count: Counter, ours: Sequence[int]) -> Difference:
    """Of `count` from `ours`."""
    theirs = count(texts)
    shares = sorted(100 * (other / own - 1) for other, own in zip(theirs, ours, strict=True))
    twentieth = len(shares) // 20
    return Difference(
        100 * (sum(theirs) / sum(ours) - 1), statistics.median(shares), shares[twentieth], shares[-1 - twentieth],
        shares[0], shares[-1],
    )  # fmt: skip


def _timed(what: Callable[[], list[int]]) -> tuple[list[int], float]:
    started = time.perf_counter()
    return what(), time.perf_counter() - started


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.tokens", description=__doc__)
    parser.add_argument("folder", type=Path, help="a folder with Markdown files, such as rules and skills")
    texts = texts_of(parser.parse_args(arguments).folder)
    if not texts:
        print("There is no Markdown file in that folder.", file=sys.stderr)
        return 1
    _, loading = _timed(lambda: vocabularies.count(["x"]))
    ours, counting = _timed(lambda: vocabularies.count(texts))
    characters = sum(map(len, texts))
    print(f"{len(texts)} texts, {characters:,} characters, {sum(ours):,} tokens of {VOCABULARY}")
    print(f"loading {loading:.2f} s, counting {counting:.2f} s, {characters / sum(ours):.2f} characters a token\n")
    print(f"{'per cent more tokens':46} {'in all':>7} {'median':>7} {'5 %':>7} {'95 %':>7} {'least':>7} {'most':>7}")
    for family in FAMILIES:
        found = difference(texts, counter(family.measured_with), ours)
        figures = (found.percent, found.median, found.low, found.high, found.least, found.most)
        print(f"{family.title:46} " + " ".join(f"{figure:+7.1f}" for figure in figures))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
