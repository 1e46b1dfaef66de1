"""A person with a browser's cookies who fills in the hub's own forms."""

from __future__ import annotations

import http.cookiejar
import re
import urllib.parse
import urllib.request

from tests.system.hub import Answer, Hub, ask

PASSWORD = "correct horse battery"
CSRF_FIELD = re.compile(r'name="csrfmiddlewaretoken"\s+value="([^"]+)"')
TOKEN = re.compile(r"\bahub_[A-Za-z0-9_-]+")


class Person:
    """Somebody at the hub's pages. Make one with `sign_up` or `by_link`."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(cookies)

    def get(self, path: str) -> Answer:
        """Open a page."""
        return ask(self._opener, urllib.request.Request(urllib.parse.urljoin(self._hub.url, path)))

    def submit(self, path: str, **fields: str) -> Answer:
        """Fill in the form of a page and send it off, with the page's own CSRF token."""
        page = self.get(path)
        found = CSRF_FIELD.search(page.text)
        assert page.status == 200, f"{path} answers {page.status}"
        assert found, f"{path} has no form"
        data = urllib.parse.urlencode({"csrfmiddlewaretoken": found[1], **fields}).encode()
        answer = ask(self._opener, urllib.request.Request(self._hub.url + path, data))
        assert answer.status == 200, f"the form of {path} is answered with {answer.status}: {answer.text}"
        return answer

    def make_token(self, *, scopes: str = "read") -> str:
        """Make an API token on its page and read it off the answer."""
        answer = self.submit("/settings/tokens", name="test", scopes=scopes, lifetime="30")
        found = TOKEN.search(answer.text)
        assert found, "the answer shows no token"
        return found[0]

    def keep_secret(self, name: str, value: str, *, allowed: str = "") -> None:
        """Keep a secret on its page."""
        answer = self.submit("/settings/secrets", name=name, value=value, allowed_namespaces=allowed)
        assert name in answer.text
        assert value not in answer.text


def sign_up(hub: Hub, username: str) -> Person:
    """Somebody new, signed up through the form."""
    person = Person(hub)
    person.submit("/accounts/signup/", email=f"{username}@example.com", username=username, password1=PASSWORD)
    return person


def by_link(hub: Hub) -> Person:
    """The first administrator, signed in by the link that the hub printed."""
    person = Person(hub)
    assert person.get(hub.first_run["sign_in_url"]).status == 200
    return person
