"""Which events a subscription covers, and when a message is tried again: computed, not waited for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain import webhooks


def test_every_kind_of_event_of_every_area_can_be_chosen() -> None:
    assert {"registry.release.publish", "registry.release.yank", "hub.membership.create"} <= set(webhooks.known())
    assert "registry.release.publish" in webhooks.families()["registry.release.*"]
    assert webhooks.check_patterns(["registry.release.*", " Registry.package.create ", "registry.release.*"]) == [
        "registry.package.create",
        "registry.release.*",
    ]


@pytest.mark.parametrize(
    "wrong", ["registry.release", "nothing.*", "registry.*.publish", "publish", "registry.release.x"]
)
def test_what_no_event_could_match_is_refused(wrong: str) -> None:
    with pytest.raises(webhooks.InvalidEvents, match="no kind of event"):
        webhooks.check_patterns([wrong])


def test_nothing_and_too_much_are_refused() -> None:
    for wrong in ([], ["  "], webhooks.known()[: webhooks.MAX_PATTERNS + 1]):
        with pytest.raises(webhooks.InvalidEvents):
            webhooks.check_patterns(wrong)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*", True),
        ("h*", True),
        ("hub.*", True),
        ("hub.token.revoke", True),
        ("registry.*", False),
        ("hubbub.x", False),
    ],
)
def test_what_reaches_into_the_audit_log_of_people_is_known(pattern: str, expected: bool) -> None:
    assert webhooks.is_of_people(pattern) is expected


@given(st.sampled_from(webhooks.known()), st.sampled_from([*webhooks.known(), *webhooks.families(), "*", "registry.*"]))
def test_a_pattern_that_is_not_of_people_never_matches_their_events(event: str, pattern: str) -> None:
    if webhooks.matches(pattern, event) and event.startswith("hub."):
        assert webhooks.is_of_people(pattern)


def test_the_waits_grow_from_seconds_to_a_day_and_then_end() -> None:
    middle = [webhooks.wait(tries, 0.5) for tries in range(1, webhooks.MAX_TRIES + 1)]
    assert middle == [*webhooks.WAITS, None]
    assert middle[0] == timedelta(seconds=5)
    assert middle[-2] == timedelta(hours=24)
    assert len(middle) == 8


@given(st.integers(1, webhooks.MAX_TRIES - 1), st.floats(0, 1, exclude_max=True))
def test_chance_moves_a_wait_by_a_fifth_at_most(tries: int, luck: float) -> None:
    found = webhooks.wait(tries, luck)
    assert found is not None
    assert webhooks.WAITS[tries - 1] * 0.799 <= found <= webhooks.WAITS[tries - 1] * 1.201


def test_a_receiver_may_ask_for_more_time_but_not_for_ever() -> None:
    assert webhooks.wait(1, 0.5, timedelta(minutes=9)) == timedelta(minutes=9)
    assert webhooks.wait(1, 0.5, timedelta(days=900)) == webhooks.MAX_WAIT
    assert webhooks.wait(6, 0.5, timedelta(seconds=1)) == webhooks.WAITS[5]
