"""Webhooks as values: which events a subscription covers, what a message says, and when it is tried again."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from datetime import timedelta

from hub.domain.actions import Action

SECRET_PREFIX = "whsec_"
SECRET_BYTES = 32
MAX_PATTERNS = 50
# What an event needs that says who belongs to an organization and how it is kept safe: see `is_of_people`.
PEOPLE_AREA = "hub."
TEST_EVENT = "webhook.test"
# The waits between the tries: about three days of a receiver's absence in all, by eight tries.
WAITS = tuple(timedelta(seconds=each) for each in (5, 60, 5 * 60, 30 * 60, 2 * 3600, 8 * 3600, 24 * 3600))
MAX_TRIES = len(WAITS) + 1
JITTER = 0.2
MAX_WAIT = timedelta(hours=24)
# The facts of an audit event that a subscriber hears: not from which address, with which token or in which request.
FACTS = ("uid", "actor", "on_behalf_of", "namespace", "target_type", "target")


class InvalidEvents(ValueError):
    """What was chosen is not a choice of events; the message says why."""


def known() -> list[str]:
    """Every kind of event there is, sorted. A new enumeration of actions brings its own."""
    return sorted(str(member) for actions in Action.__subclasses__() for member in actions)


def families() -> dict[str, list[str]]:
    """Pattern of each family of events, as `registry.release.*`, with the events it covers now."""
    found: dict[str, list[str]] = {}
    for event in known():
        found.setdefault(f"{event.rpartition('.')[0]}.*", []).append(event)
    return found


def check_patterns(patterns: Iterable[str]) -> list[str]:
    """The patterns, each once and sorted. Raises InvalidEvents for none, too many, or one that no event could match."""
    wanted = sorted({text.strip().lower() for text in patterns if text.strip()})
    if not wanted:
        raise InvalidEvents("Choose at least one kind of event.")
    if len(wanted) > MAX_PATTERNS:
        raise InvalidEvents(f"Choose at most {MAX_PATTERNS} kinds of events; “registry.*” stands for many.")
    for pattern in wanted:
        if not any(matches(pattern, event) for event in known()):
            raise InvalidEvents(f"“{pattern}” is no kind of event. Write “registry.release.publish” or “registry.*”.")
    return wanted


def matches(pattern: str, event: str) -> bool:
    """Whether `pattern` (an event, or the beginning of some with `*` at its end) covers `event`. As migration 0013 has it."""
    return event.startswith(pattern[:-1]) if pattern.endswith("*") else event == pattern


def is_of_people(pattern: str) -> bool:
    """Whether `pattern` reaches events that only readers of the audit log may know: those about people and safety."""
    beginning = pattern.removesuffix("*")
    return beginning.startswith(PEOPLE_AREA) or (pattern.endswith("*") and PEOPLE_AREA.startswith(beginning))


def payload(kind: str, at: str, data: Mapping[str, object]) -> str:
    """The body of a message: `{type, timestamp, data}`, always the same text for the same event."""
    message = {"type": kind, "timestamp": at, "data": dict(data)}
    return json.dumps(message, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def data_of(facts: Mapping[str, object]) -> dict[str, object]:
    """What a subscriber hears of an audit event whose facts are given."""
    heard = {"id" if name == "uid" else name: facts[name] for name in FACTS}
    return {**heard, "details": facts["data"]}


def wait(tries: int, luck: float, retry_after: timedelta | None = None) -> timedelta | None:
    """How long to wait after the try number `tries` failed; None to give up.

    `luck` in [0, 1) spreads the moment by a fifth to either side, so that a receiver that comes back is not stormed.
    A receiver that asked for more time gets it, up to a day.
    """
    if tries >= MAX_TRIES:
        return None
    chosen = WAITS[tries - 1] * (1 - JITTER + 2 * JITTER * luck)
    return max(chosen, min(retry_after or timedelta(), MAX_WAIT))


def secret_of(random: bytes) -> str:
    """A signing secret in the form of Standard Webhooks."""
    return SECRET_PREFIX + base64.b64encode(random).decode()
