"""Counting in memory what happens too often to be written down each time."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Mapping


class Tally[K: Hashable]:
    """How often each thing happened since somebody last took the counts. Safe between threads, bounded in memory.

    At most `limit` different things are told apart. What comes on top of them is not counted, but `lost` says how often.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._counts: dict[K, int] = {}
        self._lock = threading.Lock()
        self.lost = 0

    def __len__(self) -> int:
        return len(self._counts)

    def add(self, key: K, count: int = 1) -> None:
        """`key` happened `count` times."""
        with self._lock:
            known = self._counts.get(key)
            if known is None and len(self._counts) >= self._limit:
                self.lost += count
            else:
                self._counts[key] = (known or 0) + count

    def take(self) -> dict[K, int]:
        """All counts, which from now on are the caller's: the tally starts anew."""
        with self._lock:
            taken, self._counts = self._counts, {}
        return taken

    def give_back(self, counts: Mapping[K, int]) -> None:
        """Add counts that were taken and could not be written."""
        for key, count in counts.items():
            self.add(key, count)

    def forget(self) -> None:
        """Drop everything, with a new lock: for a process that was forked, whose counts are its parent's to write."""
        self._lock = threading.Lock()
        self._counts, self.lost = {}, 0
