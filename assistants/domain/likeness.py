"""Which texts say the same, or nearly: the same words, or most of the same three words in a row.

Letters' case, white space and marks do not count. Two texts are near when of all their runs of three words more than
`NEAR` stand in both (the Jaccard index). A text is compared with those before it that are unlike each other, so of many
copies each is named once, with the first.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WORDS_IN_A_ROW = 3
NEAR = 0.6
# Steps of comparing, about a second. Ordinary texts share few runs and take one step for each of those; texts that were
# made to share many, but too few to be near, would take more than anybody waits.
MAX_STEPS = 2_000_000

# Scripts without spaces between words: a letter is a word.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")


@dataclass(frozen=True)
class Likeness:
    """The text at `index` is like the one at `earlier`; `share` is 1 if the words are the same."""

    earlier: int
    index: int
    share: float

    @property
    def is_same(self) -> bool:
        """Whether every word is the same."""
        return self.share == 1


@dataclass(frozen=True)
class Likenesses:
    """What was found. Not `complete` if comparing was given up before the last text."""

    found: tuple[Likeness, ...]
    complete: bool = True


type _Run = tuple[str, ...]


def among(texts: Sequence[str], *, max_steps: int = MAX_STEPS) -> Likenesses:
    """The texts that are like an earlier one, each with the earlier one that it is most like. Empty texts are like none."""
    found: list[Likeness] = []
    same: dict[_Run, int] = {}
    sizes: dict[int, int] = {}
    holders: defaultdict[_Run, list[int]] = defaultdict(list)
    steps = 0
    for index, text in enumerate(texts):
        words = tuple(_WORD.findall(text.casefold()))
        if not words:
            continue
        if words in same:
            found.append(Likeness(same[words], index, 1))
            continue
        same[words] = index
        runs = _runs(words)
        steps += len(runs) + sum(len(holders.get(run, ())) for run in runs)
        if steps > max_steps:
            return Likenesses(tuple(found), complete=False)
        near = _nearest(index, runs, holders, sizes)
        if near is not None:
            found.append(near)
            continue
        sizes[index] = len(runs)
        for run in runs:
            holders[run].append(index)
    return Likenesses(tuple(found))


def _runs(words: Sequence[str]) -> set[_Run]:
    """Every run of three words; of a shorter text, all of it."""
    last = max(1, len(words) - WORDS_IN_A_ROW + 1)
    return {tuple(words[start : start + WORDS_IN_A_ROW]) for start in range(last)}


def _nearest(
    index: int, runs: set[_Run], holders: Mapping[_Run, list[int]], sizes: Mapping[int, int]
) -> Likeness | None:
    shared = Counter(earlier for run in runs for earlier in holders.get(run, ()))
    shares = {earlier: count / (len(runs) + sizes[earlier] - count) for earlier, count in shared.items()}
    best = max(shares, key=lambda earlier: (shares[earlier], -earlier), default=None)
    if best is None or shares[best] < NEAR:
        return None
    # The same runs can come of words in another order; only the same words are the same.
    return Likeness(best, index, min(shares[best], 0.99))
