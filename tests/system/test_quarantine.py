"""Quarantine in one process is seen by another one within five seconds, although that one remembers decisions."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pytest

from hub import shortcache
from tests.system import hub as hubs
from tests.system.hub import Answer, Hub
from tests.system.person import sign_up

SECONDS = 5.0
START_SECONDS = 60
RULE = "name: style\nversion: 1.0.0\nschema: v1\nrules:\n  - name: style\n    rule: Be brief.\n"
ASSISTANT = "name: helper\nversion: 1.0.0\nschema: v1\nrules:\n  - uses: quinn/style\n"
DATABASE = "from hub import environment; print(environment.database_url())"


@contextmanager
def second_process(hub: Hub) -> Iterator[Hub]:
    """Another web process of the same hub, as behind a load balancer."""
    asked = [sys.executable, "-c", DATABASE]
    found = subprocess.run(asked, cwd=hubs.ROOT, env=hub.environment, check=True, capture_output=True, text=True)
    keys = hub.data_dir / "keys"
    environment = {
        **hub.environment,
        "DATABASE_URL": found.stdout.strip(),
        "HUB_BASE_URL": hub.url,
        "SECRET_KEY_FILE": str(keys / "django-secret-key"),
    }
    port = hubs.free_port()
    command = [
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "wsgi",
        "--port",
        str(port),
        "--no-ws",
        "hub.wsgi:application",
    ]
    process = subprocess.Popen(
        command, cwd=hubs.ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    other = replace(hub, url=f"http://127.0.0.1:{port}", process=process)
    try:
        until(lambda: _is_up(other), START_SECONDS)
        yield other
    finally:
        process.terminate()
        process.wait(hubs.STOP_SECONDS)


def _is_up(hub: Hub) -> bool:
    try:
        return hub.api("GET", "/healthz").status == 200
    except OSError:
        return False


def until(condition: Callable[[], object], seconds: float) -> float:
    """Ask until `condition` holds, and return how long that took. Raises TimeoutError."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            raise TimeoutError(f"Still not after {seconds} seconds.")
    return time.monotonic() - began


@pytest.fixture(scope="module")
def elsewhere(hub: Hub) -> Iterator[Hub]:
    """The second process."""
    with second_process(hub) as running:
        yield running


@dataclass(frozen=True)
class Publisher:
    """Who publishes, with a token for publishing and one for managing."""

    name: str
    publishing: str
    managing: str


@pytest.fixture(scope="module")
def quinn(hub: Hub) -> Publisher:
    """Has `quinn/style`, and `quinn/helper` which contains it."""
    person = sign_up(hub, "quinn")
    made = Publisher("quinn", person.make_token(scopes="publish"), person.make_token(scopes="manage"))
    for package, kind, manifest in (("style", "rule", RULE), ("helper", "assistant", ASSISTANT)):
        body = {"namespace": made.name, "name": package, "kind": kind, "visibility": "public"}
        answer = hub.api("POST", "packages", body, token=made.publishing)
        assert answer.status == 201, answer.text
        release = {"version": "1.0.0", "manifest": manifest}
        answer = hub.api("POST", f"packages/{made.name}/{package}/releases", release, token=made.publishing)
        assert answer.status == 201, answer.text
    return made


def refused(answer: Answer) -> bool:
    """Whether this is the refusal, or what was there before; anything else fails the test."""
    assert answer.status in (200, 403), answer.text
    return answer.status == 403


def test_a_quarantine_reaches_every_process_in_time(hub: Hub, elsewhere: Hub, quinn: Publisher) -> None:
    bundle, part, token = "assistants/quinn/helper/bundle", "packages/quinn/style", quinn.managing
    digest = hub.api("GET", bundle).headers["ETag"].strip('"')
    wanted = {"manifest": ASSISTANT}
    asked: dict[str, Callable[[], bool]] = {
        "bundle": lambda: refused(hub.api("GET", bundle)),
        "bundle with a token": lambda: refused(hub.api("GET", bundle, token=token)),
        "bundle by digest": lambda: refused(hub.api("GET", f"bundles/{digest}")),
        "manifest": lambda: refused(hub.api("GET", f"{part}/releases/1.0.0/manifest")),
        "client": lambda: hub.api("GET", "/ide/get-assistant/quinn/helper").json()["configResult"]["config"] is None,
        "download": lambda: refused(hub.api("GET", "/v0/quinn/style/latest/download")),
        "search": lambda: not hub.api("GET", "packages?q=style&namespace=quinn").json()["items"],
        "resolution": lambda: hub.api("POST", "resolve", wanted, token=token).status == 422,
    }
    assert not any(ask() for ask in asked.values()), "all of it is given out, and remembered"

    clicked = time.monotonic()
    assert elsewhere.api("POST", f"{part}/quarantine", {"reason": "It leaks."}, token=token).status == 200
    assert refused(elsewhere.api("GET", bundle)), "at once where it was done"
    took = {what: until(ask, SECONDS - (time.monotonic() - clicked)) for what, ask in asked.items()}
    assert time.monotonic() - clicked <= SECONDS, took
    assert shortcache.TTL < SECONDS

    assert elsewhere.api("POST", f"{part}/unquarantine", token=token).status == 204
    until(lambda: not asked["bundle"](), SECONDS)
