"""A real Chromium on the live server. Any console error, script error or request to another host fails the test.

A test takes `page`, or `new_page` for more than one, and finds things by role and label. What it shows when it fails is
kept as a picture under `var/browser/`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

from hub.models import User
from tests.support import needs

HERE = Path(__file__).parent
PICTURES = Path(__file__).resolve().parents[2] / "var" / "browser"
WAIT_MILLISECONDS = 10_000
ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A name that does not resolve is the surest way to keep a browser at home.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]
# "preload" has axe read style sheets once more and put them into the page, which the content security policy forbids.
AXE_OPTIONS = {"resultTypes": ["violations"], "preload": False}
# Colours run down the tree one level a frame, even with transitions of no length.
SETTLED = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  for (let still = 0, frames = 0; still < 3 && frames < 200; frames++) {
    await frame();
    still = document.getAnimations().some(one => one.playState === "running") ? 0 : still + 1;
  }
}"""
_failed = pytest.StashKey[bool]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs Chromium."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let the fixtures know whether the test failed."""
    report = yield
    item.stash[_failed] = item.stash.get(_failed, False) or report.failed
    return report


@dataclass
class Watch:
    """What went wrong in a page without the test asking for it."""

    home: str
    problems: list[str] = field(default_factory=list)
    _allowed: list[str] = field(default_factory=list)

    def allow(self, text: str) -> None:
        """Accept console errors that contain `text`: Chromium reports an answer such as 422 or 404 as one."""
        self._allowed.append(text)

    def on_console(self, message: ConsoleMessage) -> None:
        """Note an error that the browser or a script reports."""
        if message.type == "error":
            self.problems.append(f"console: {message.text} ({message.location.get('url', '')})")

    def on_page_error(self, error: Exception) -> None:
        """Note an exception that no script caught."""
        self.problems.append(f"script: {error}")

    def on_request(self, request: Request) -> None:
        """Note a request that leaves the live server."""
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.netloc != self.home:
            self.problems.append(f"foreign host: {request.method} {request.url}")

    def unexpected(self) -> list[str]:
        """The problems that nothing allows."""
        return [problem for problem in self.problems if not any(text in problem for text in self._allowed)]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of this process."""
    # Playwright's synchronous API keeps an event loop running in this thread, and Django would refuse to query there.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    expect.set_options(timeout=WAIT_MILLISECONDS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=needs.chromium(), args=ARGUMENTS, headless=True)
        yield chromium
        chromium.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
    else:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


@pytest.fixture
def watch(live_server: Any) -> Watch:
    """What this test's pages report; `watch.allow("status of 422")` accepts what the test means to cause."""
    return Watch(urlsplit(live_server.url).netloc)


@pytest.fixture
def new_page(
    browser: Browser, live_server: Any, watch: Watch, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Page]]:
    """Opens a page in a context of its own: `new_page(color_scheme="dark", java_script_enabled=False)`."""
    contexts: list[BrowserContext] = []

    def open_page(**options: Any) -> Page:
        # Without motion there is nothing half-way to look at.
        context = browser.new_context(base_url=live_server.url, **{"reduced_motion": "reduce", **options})
        contexts.append(context)
        context.set_default_timeout(WAIT_MILLISECONDS)
        context.on("console", watch.on_console)
        context.on("weberror", lambda error: watch.on_page_error(error.error))
        context.on("request", watch.on_request)
        return context.new_page()

    yield open_page
    problems = watch.unexpected()
    if problems or request.node.stash.get(_failed, False):
        _keep_pictures(request.node.nodeid, contexts)
    for context in contexts:
        context.close()
    if problems:
        pytest.fail("The browser reports:\n" + "\n".join(problems), pytrace=False)


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A page in light colours. Its addresses are relative to the live server: `page.goto("/")`."""
    return new_page()


@pytest.fixture
def sign_in(live_server: Any) -> Callable[[Page, User], None]:
    """Signs a person in without the form: `sign_in(page, user)`."""

    def with_session(page: Page, user: User) -> None:
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        page.context.add_cookies(
            [{"name": cookie.key, "value": cookie.value, "url": live_server.url, "httpOnly": True}]
        )

    return with_session


@pytest.fixture
def axe() -> Callable[..., list[str]]:
    """The accessibility rules that a page breaks, one line each: `assert axe(page, color_scheme="dark") == []`."""

    def check(page: Page, *, color_scheme: str = "", context: str = "") -> list[str]:
        if color_scheme:
            page.emulate_media(color_scheme=color_scheme)
            page.evaluate(SETTLED)
        found = Axe().run(page, context=context or None, options=AXE_OPTIONS).response["violations"]
        return [line for violation in found for line in _lines(violation)]

    return check


def _lines(violation: dict[str, Any]) -> list[str]:
    reasons = [
        (node["target"], node.get("any", []) + node.get("all", []) + node.get("none", []))
        for node in violation["nodes"]
    ]
    return [
        f"{violation['id']} ({violation['impact']}): {target}: {'; '.join(check['message'] for check in checks)}"
        for target, checks in reasons
    ]


def _keep_pictures(test: str, contexts: list[BrowserContext]) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    pages = [page for context in contexts for page in context.pages]
    for number, page in enumerate(pages, start=1):
        name = re.sub(r"[^A-Za-z0-9]+", "-", test).strip("-")
        page.screenshot(path=PICTURES / f"{name}-{number}.png", full_page=True)


def keep_picture(page: Page, name: str) -> None:
    """Keep a picture of the whole page under `var/browser/`, if somebody wants to look (`KEEP_PICTURES=1`)."""
    if os.environ.get("KEEP_PICTURES"):
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
