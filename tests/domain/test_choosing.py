"""Which release is chosen: against a reference that tries everything, and with a cool-down."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistants.domain import composition
from assistants.domain.choosing import NO_RULES, Available, Candidate, Choice, Rules, Why, choose
from registry.domain.faults import ManifestInvalid
from registry.domain.versions import Version
from tests.domain.building import faults_of

NOW = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)
RULES = Rules(min_age=dt.timedelta(days=3), now=NOW, by="acme")
VERSIONS = ["0.9.0", "1.0.0", "1.1.0-rc.1", "1.1.0", "1.2.0", "2.0.0-rc.1", "2.0.0"]
RANGES = ["latest", "^1", "~1.1", "1.1.0", ">=1 <2", "*", "1.1.0-rc.1", ">=2.0.0-rc.1", "0.x || 2.x"]


def candidates(*drawn: Any) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(
            number,
            Version.parse(version),
            yank_reason="bad" if state == "yanked" else None,
            quarantine_reason="worse" if state == "quarantined" else None,
            published_at=NOW - dt.timedelta(days=age),
            is_fix=is_fix,
        )
        for number, (version, state, age, is_fix) in enumerate(drawn)
    )


def requirements(*ranges: str) -> Sequence[composition.Requirement]:
    uses = "".join(f'  - uses: "o/r{number}@{text}"\n' for number, text in enumerate(ranges))
    return composition.read(f"name: A\nversion: 1.0.0\nrules:\n{uses}").requirements


def table(*packages: tuple[Candidate, ...]) -> dict[str, Available]:
    return {f"o/r{number}": Available(f"o/r{number}", "rule", "rules", found) for number, found in enumerate(packages)}


releases = st.lists(
    st.tuples(
        st.sampled_from(VERSIONS), st.sampled_from(["", "", "yanked", "quarantined"]), st.integers(0, 6), st.booleans()
    ),
    max_size=5,
    unique_by=lambda drawn: drawn[0],
)


def forbidden(one: Candidate, text: str, rules: Rules) -> bool:
    """Whether the reference rules a release out, written down anew from what the documents promise."""
    if one.yank_reason or one.quarantine_reason:
        return True
    is_exact = text in VERSIONS
    young = one.published_at is not None and rules.now is not None and rules.now - one.published_at < rules.min_age
    return young and not one.is_fix and not is_exact


def reference(universe: Sequence[tuple[Candidate, ...]], ranges: Sequence[str], rules: Rules) -> list[int] | None:
    """Every combination of releases is looked at; of those that are allowed, the one with the newest of each is taken."""
    best: tuple[tuple[Any, ...], list[int]] | None = None
    for combination in itertools.product(*universe):
        worth: list[Any] = []
        for one, text, package in zip(combination, ranges, universe, strict=True):
            wanted = composition.Range.parse(text)
            if forbidden(one, text, rules) or not wanted.allows(one.version):
                break
            any_stable = any(
                not (o.yank_reason or o.quarantine_reason) and not o.version.is_prerelease for o in package
            )
            if text == "latest" and one.version.is_prerelease and any_stable:
                break
            worth.append(one.version)
        else:
            if best is None or tuple(worth) > best[0]:
                best = (tuple(worth), [one.id for one in combination])
    return best[1] if best else None


@given(
    universe=st.lists(releases, min_size=1, max_size=3),
    ranges=st.lists(st.sampled_from(RANGES), min_size=3, max_size=3),
    rules=st.sampled_from([NO_RULES, RULES]),
)
def test_what_is_chosen_is_what_trying_everything_gives(universe: list[Any], ranges: list[str], rules: Rules) -> None:
    packages = [candidates(*drawn) for drawn in universe]
    wanted = ranges[: len(packages)]
    expected = reference(packages, wanted, rules)
    try:
        found: list[int] | None = [
            choice.candidate.id for choice in choose(requirements(*wanted), table(*packages), rules)
        ]
    except ManifestInvalid:
        found = None
    assert found == expected


def only(text: str, rules: Rules, *drawn: Any) -> Choice:
    return choose(requirements(text), table(candidates(*drawn)), rules)[0]


def test_a_cool_down_holds_fresh_releases_back_and_says_until_when() -> None:
    chosen = only("^1", RULES, ("1.0.0", "", 30, False), ("1.2.0", "", 1, False))
    assert str(chosen.candidate.version) == "1.0.0"
    [held] = chosen.passed_over
    assert (held.version, held.why, held.by) == ("1.2.0", Why.COOLING, "acme")
    assert held.reason == "held back by the cool-down until 2026-11-03 12:00 UTC"
    assert chosen.considered.as_json() == {"releases": 2, "fitting": 2, "allowed": 1}


def test_a_security_fix_is_never_held_back() -> None:
    chosen = only("^1", RULES, ("1.0.0", "", 30, False), ("1.2.0", "", 0, True))
    assert str(chosen.candidate.version) == "1.2.0"


def test_whoever_asks_exactly_does_not_wait() -> None:
    assert str(only("1.2.0", RULES, ("1.0.0", "", 30, False), ("1.2.0", "", 0, False)).candidate.version) == "1.2.0"


def test_a_cool_down_ends_to_the_minute() -> None:
    one = candidates(("1.0.0", "", 3, False))[0]
    assert RULES.held_until(one) is None
    assert RULES.held_until(replace(one, published_at=NOW - dt.timedelta(days=3, seconds=-1))) is not None


def test_a_cool_down_is_no_reason_to_hand_out_a_prerelease() -> None:
    found = table(candidates(("1.0.0", "", 1, False), ("0.9.0-rc.1", "", 30, False)))
    [fault] = faults_of(choose, requirements("latest"), found, RULES)
    assert (
        "o/r0@1.0.0 is held back by the cool-down until 2026-11-03 12:00 UTC, and nothing older fits" in fault.message
    )
    assert "ask for it exactly: o/r0@1.0.0" in fault.mend


def test_who_forbade_a_release_is_told() -> None:
    yanked = replace(candidates(("1.2.0", "yanked", 9, False))[0], id=7, forbidden_by="olga")
    [choice] = choose(requirements("^1"), table((*candidates(("1.0.0", "", 9, False)), yanked)))
    assert [one.as_json() for one in choice.passed_over] == [
        {"version": "1.2.0", "reason": "yanked: bad", "code": "yanked", "by": "olga"}
    ]


@pytest.mark.parametrize(("text", "why"), [("^1", Why.OUTSIDE), ("latest", Why.PRERELEASE), ("~1.0", Why.OUTSIDE)])
def test_why_a_newer_one_was_not_taken(text: str, why: Why) -> None:
    newer = "2.0.0-rc.1" if why == Why.PRERELEASE else "2.0.0"
    assert only(text, NO_RULES, ("1.0.0", "", 9, False), (newer, "", 9, False)).passed_over[0].why == why
