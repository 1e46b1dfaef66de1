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

ROWS: tuple[Row, ...] = sum((module.ROWS for module in row_modules()), ())
# Headers that are another thing each time, or follow from the length of what was asked for.
CHANGING = ("X-Request-Id", "Content-Length", "RateLimit")
BY_KEY = {row.key: row for row in ROWS}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
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
    """The company, in a database that forgets it."""
    return build()


@pytest.mark.parametrize("actor", ACTORS)
def test_everybody_is_answered_as_the_table_says(world: World, actor: str) -> None:
    if actor == "without_sso":
        world.secure()
    world.sign_in(actor)
    found = {}
    for row in ROWS:
        with transaction.atomic():
            shortcache.decisions.clear()
            found[row.key] = send(world, row, actor).status_code
            transaction.set_rollback(True)
    wrong = [
        f"{key}: {found[key]}, not {row.statuses[actor]}"
        for key, row in BY_KEY.items()
        if found[key] != row.statuses[actor]
    ]
    assert not wrong, "\n".join(wrong)


def test_every_change_writes_its_events_and_no_other(world: World) -> None:
    found, expected = {}, {}
    for row in ROWS:
        if row.method == "GET":
            continue
        through = next((actor for actor in ("owner", *ACTORS) if row.statuses[actor] < 400), "owner")
        world.sign_in(through)
        with transaction.atomic():
            before = AuditEvent.objects.order_by("-id").values_list("id", flat=True).first() or 0
            send(world, row, through)
            found[row.key] = sorted(AuditEvent.objects.filter(id__gt=before).values_list("action", flat=True))
            transaction.set_rollback(True)
        expected[row.key] = sorted(row.audit)
    wrong = [f"{key}: {found[key]}, not {expected[key]}" for key in found if found[key] != expected[key]]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("actor", ["anonymous", "stranger", "member", "maintainer", "owner"])
def test_reading_asks_for_permission_once(world: World, actor: str) -> None:
    """At most one query per request that does nothing but decide. Lists are filtered where their rows are."""
    world.sign_in(actor)
    wrong = []
    for row in ROWS:
        if row.method != "GET":
            continue
        with transaction.atomic():
            send(world, row, actor)
            with deciding() as queries:
                send(world, row, actor)
            transaction.set_rollback(True)
        if len(queries) > 1:
            wrong.append(f"{row.key}: {len(queries)}: {[text[:300] for text in queries]}")
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


def test_what_is_private_answers_as_if_it_were_not(world: World) -> None:
    """Byte for byte, for whoever may not know: a private package, and an organization, beside names that nobody has."""
    for actor in ("anonymous", "stranger", "member"):
        world.sign_in(actor)
    different = []
    for row in ROWS:
        for name, absent in (("namespace", "nowhere"), ("owner", "nowhere"), ("slug", "nowhere"), ("name", "absentee")):
            if f":{name}>" not in row.route or row.kind == "scim":
                continue
            for actor in ("anonymous", "stranger", "member"):
                if row.statuses[actor] not in (404,):
                    continue
                with transaction.atomic():
                    found = send(world, row, actor)
                    missing = send(world, replace(row, parameters={**row.parameters, name: absent}), actor)
                    transaction.set_rollback(True)
                if _told(found, world, row) != _told(missing, world, row, absent):
                    different.append(f"{actor}: {row.key} / {name}={absent}")
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
