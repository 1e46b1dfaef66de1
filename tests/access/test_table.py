"""Every address × every method × every actor, against the table; no address without a row, no change without its event."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from traceback import walk_stack
from typing import Any

import pytest
from django.db import connection, transaction
from django.urls import URLPattern, URLResolver, get_resolver

from hub import shortcache
from hub.models import AuditEvent
from tests.access.table import Row
from tests.access.world import ACTORS, World, build, row_modules

# Every address for every actor: some 12,000 requests.
pytestmark = pytest.mark.long

ROWS: tuple[Row, ...] = sum((module.ROWS for module in row_modules()), ())
# Headers that are another thing each time, or follow from the length of what was asked for.
CHANGING = ("X-Request-Id", "Content-Length", "RateLimit")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# Whose decisions are counted.
READERS = ("anonymous", "stranger", "member", "maintainer", "owner")
# What no address is about, by the parameter that would name it.
ABSENT = {"namespace": "nowhere", "owner": "nowhere", "slug": "nowhere", "name": "absentee"}
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


def routes(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    """All addresses of the hub, as their patterns spell them."""
    for entry in patterns:
        address = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry.url_patterns, address)
        else:
            yield address


def send(world: World, row: Row, actor: str) -> Any:
    """Make the row's request as `actor`; what it changes is undone."""
    parameters = world.parameters | world.fill(row.parameters)
    address = "/" + PARAMETER.sub(lambda found: str(parameters[found[1]]), row.route)
    client = world.client(row.kind, actor)
    more = {} if row.kind == "page" else {"content_type": "application/json"}
    data = world.fill(row.data) or (None if row.kind == "page" else "")
    return getattr(client, row.method.lower())(address, data, **more)


@pytest.fixture
def world(db: None) -> World:
    """The company, in a database that forgets it: made for every test, because some of what it has is good for a minute."""
    return build()


def changer(row: Row) -> str:
    """Whose change is looked up in the audit log: the owner's, if the owner gets through."""
    return next((actor for actor in ("owner", *ACTORS) if row.statuses[actor] < 400), "owner")


@pytest.mark.parametrize("actor", ACTORS)
def test_everybody_is_answered_as_the_table_says(world: World, actor: str) -> None:
    """Every change writes its events and no other; and reading asks for permission once.

    Once: when the request is repeated, at most one query does nothing but decide. Lists are filtered where their rows are.
    """
    if actor == "without_sso":
        world.secure()
    world.sign_in(actor)
    wrong = []
    for row in ROWS:
        with transaction.atomic():
            shortcache.decisions.clear()
            before = AuditEvent.objects.order_by("-id").values_list("id", flat=True).first() or 0
            status = send(world, row, actor).status_code
            if status != row.statuses[actor]:
                wrong.append(f"{row.key}: {status}, not {row.statuses[actor]}")
            if row.method != "GET" and actor == changer(row):
                events = sorted(AuditEvent.objects.filter(id__gt=before).values_list("action", flat=True))
                if events != sorted(row.audit):
                    wrong.append(f"{row.key}: {events}, not {sorted(row.audit)}")
            if row.method == "GET" and actor in READERS:
                with deciding() as queries:
                    send(world, row, actor)
                if len(queries) > 1:
                    wrong.append(f"{row.key}: {len(queries)}: {[text[:300] for text in queries]}")
            transaction.set_rollback(True)
    assert not wrong, "\n".join(wrong)


@contextmanager
def deciding() -> Iterator[list[str]]:
    """Collects the queries that are made while one of the policies is deciding."""
    found: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if any("policies" in str(frame.f_globals.get("__name__")).split(".") for frame, _ in walk_stack(None)):
            found.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        yield found


def test_every_address_has_its_rows(world: World) -> None:
    """An address without a row fails, and so does a method that is answered without having one."""
    known = {(row.method, row.pattern) for row in ROWS}
    addresses = set(routes(get_resolver().url_patterns))
    assert {pattern for _, pattern in known} - addresses == set(), "rows of addresses that are no more"
    world.sign_in("owner")
    missing = []
    for address in sorted(addresses):
        rows = [row for row in ROWS if row.pattern == address]
        if not rows:
            missing.append(f"no row: {address}")
            continue
        for method in {*METHODS} - {row.method for row in rows}:
            # allauth's pages take PUT for POST in the very same function, and lead elsewhere whatever the method.
            if address.startswith("accounts/") and method not in ("GET", "POST"):
                continue
            with transaction.atomic():
                answer = send(world, replace(rows[0], method=method, data={}), "owner")
                transaction.set_rollback(True)
            # SCIM tells who is not the organization's directory nothing, not even that.
            if answer.status_code != (404 if address.startswith("scim/") else 405):
                missing.append(f"{answer.status_code}: {method} {address}")
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize("actor", ["anonymous", "stranger", "member"])
def test_what_is_private_answers_as_if_it_were_not(world: World, actor: str) -> None:
    """Byte for byte, for whoever may not know: a private package, and an organization, beside names that nobody has."""
    world.sign_in(actor)
    different = []
    for row in ROWS:
        names = [name for name in ABSENT if f":{name}>" in row.route]
        if not names or row.kind == "scim" or row.statuses[actor] != 404:
            continue
        with transaction.atomic():
            found = send(world, row, actor)
            for name in names:
                absent = ABSENT[name]
                missing = send(world, replace(row, parameters={**row.parameters, name: absent}), actor)
                if _told(found, world, row) != _told(missing, world, row, absent):
                    different.append(f"{actor}: {row.key} / {name}={absent}")
            transaction.set_rollback(True)
    assert not different, "\n".join(different)


def _told(answer: Any, world: World, row: Row, absent: str = "") -> tuple[Any, ...]:
    """What an answer tells, without what repeats the question or is another thing each time."""
    names = {**world.parameters, **world.fill(row.parameters)}
    text = answer.content.decode()
    for word in (absent, *(str(names[name]) for name in ("namespace", "name", "slug", "owner"))):
        text = re.sub(rf"\b{re.escape(word)}\b", "…", text) if word else text
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text)
    headers = {name: value for name, value in answer.headers.items() if name not in CHANGING}
    return answer.status_code, headers, text
