"""Remembers decisions for a few seconds, in this process, so that a client that polls costs no queries.

Nothing is served from here that is older than TTL seconds. Every mutation clears this process's copy at once (the
audit log sees to it); other processes catch up within TTL. Changing requests never use it. What one request asks more
than once (`asked_once`) is remembered until it is answered.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import transaction

TTL = 4.0
MAX_ENTRIES = 20_000


class ShortCache:
    """A bounded table of values with the time at which their computation began."""

    def __init__(
        self, ttl: float = TTL, max_entries: int = MAX_ENTRIES, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._ttl, self._max_entries, self._clock = ttl, max_entries, clock
        self._entries: dict[Hashable, tuple[float, Any]] = {}
        self._lock = threading.Lock()

    def get[T](self, key: Hashable, compute: Callable[[], T]) -> T:
        """The value of `key`, computed anew if there is none younger than the TTL. What `compute` raises is not kept."""
        entry = self._entries.get(key)
        started = self._clock()
        if entry is not None and started - entry[0] < self._ttl:
            value: T = entry[1]
            return value
        value = compute()
        with self._lock:
            if len(self._entries) >= self._max_entries:
                self._entries.clear()
            self._entries[key] = (started, value)
        return value

    def peek(self, key: Hashable) -> Any:
        """The value of `key` if there is one younger than the TTL, otherwise None. Nothing is computed."""
        entry = self._entries.get(key)
        return entry[1] if entry is not None and self._clock() - entry[0] < self._ttl else None

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()


decisions = ShortCache()
_asked: ContextVar[dict[Hashable, Any] | None] = ContextVar("asked", default=None)


@contextmanager
def reading() -> Iterator[None]:
    """Around a request that only reads: within it, `asked_once` asks once per key, and again after a change."""
    before = _asked.set({})
    try:
        yield
    finally:
        _asked.reset(before)


def asked_once[T](key: Hashable, compute: Callable[[], T]) -> T:
    """The value of `key`, computed anew unless this very request, which only reads, has done so before."""
    asked = _asked.get()
    if asked is None:
        return compute()
    if key not in asked:
        asked[key] = compute()
    value: T = asked[key]
    return value


def forget_on_change() -> None:
    """Forget all decisions now and again when the transaction commits: in between, others may have asked."""
    decisions.clear()
    if (asked := _asked.get()) is not None:
        asked.clear()
    transaction.on_commit(decisions.clear)
