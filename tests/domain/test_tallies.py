"""Counting in memory."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from registry.domain.tallies import Tally


def test_counts_are_taken_once() -> None:
    tally: Tally[str] = Tally(10)
    tally.add("a")
    tally.add("a", 2)
    tally.add("b")
    assert tally.take() == {"a": 3, "b": 1}
    assert tally.take() == {}


def test_what_is_given_back_is_added_to_what_came_meanwhile() -> None:
    tally: Tally[str] = Tally(10)
    tally.add("a")
    taken = tally.take()
    tally.add("a")
    tally.give_back(taken)
    assert tally.take() == {"a": 2}


def test_memory_is_bounded_and_says_what_it_lost() -> None:
    tally: Tally[int] = Tally(3)
    for key in (1, 2, 3, 4, 5, 1):
        tally.add(key)
    assert tally.take() == {1: 2, 2: 1, 3: 1}
    assert tally.lost == 2


def test_threads_lose_nothing() -> None:
    tally: Tally[int] = Tally(10)
    taken: list[dict[int, int]] = []

    def work(number: int) -> None:
        for _ in range(2000):
            tally.add(number % 2)
        taken.append(tally.take())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    taken.append(tally.take())
    assert sum(sum(one.values()) for one in taken) == 8 * 2000
