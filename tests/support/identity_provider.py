"""An OpenID Connect provider on this machine's loopback, as strict as the standard lets it be."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, unquote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from tests.support.issuer import Issuer


class Provider(Issuer):
    """Signs in whoever `person` says, without asking. `tamper` changes what the token endpoint answers."""

    client_id = "hub:client"
    client_secret = "s3cret/+ value"  # of a provider in a test

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.discovery |= {
            "authorization_endpoint": f"{url}/authorize",
            "token_endpoint": f"{url}/token",
            "userinfo_endpoint": f"{url}/userinfo",
        }
        self.person: dict[str, Any] = {}
        self.claims: dict[str, Any] = {}
        self.key_id = "first"
        self.signed_with: Any = None
        self.codes: dict[str, dict[str, str]] = {}
        self.userinfo: dict[str, Any] = {}

    def authorize(self, query: dict[str, str]) -> str:
        """Where the person is sent back to."""
        assert query["response_type"] == "code"
        assert query["client_id"] == self.client_id
        assert query["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(8)
        self.codes[code] = query
        back = {"code": code, "state": query["state"]}
        return f"{query['redirect_uri']}?{urlencode(back)}"

    def exchange(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """The answer of the token endpoint; None for what it refuses."""
        pair = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        client, _, secret = (unquote(part) for part in pair.partition(":"))
        begun = self.codes.pop(form.get("code", ""), None)
        if begun is None or (client, secret) != (self.client_id, self.client_secret):
            return None
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if challenge != begun["code_challenge"] or form["redirect_uri"] != begun["redirect_uri"]:
            return None
        claims = {"aud": self.client_id, "nonce": begun["nonce"], **self.person, **self.claims}
        return {
            "access_token": "access",
            "token_type": "Bearer",
            "id_token": self.token(claims, key_id=self.key_id, key=self.signed_with),
        }

    def visited(self, address: str) -> str:
        """Open the authorization page as a browser would; returns where it leads."""
        opener = build_opener(_NoRedirect)
        try:
            opener.open(Request(address), timeout=5)  # this machine's loopback
        except HTTPError as error:
            return str(error.headers["Location"])
        raise AssertionError("The provider did not send the person back.")


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


@contextmanager
def running() -> Iterator[Provider]:
    """A provider that answers until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            where = urlsplit(self.path)
            provider.asked.append(where.path)
            if where.path == "/authorize":
                query = {name: values[0] for name, values in parse_qs(where.query).items()}
                self.send_response(302)
                self.send_header("Location", provider.authorize(query))
                self.end_headers()
                return
            found = {
                "/.well-known/openid-configuration": provider.discovery,
                "/keys": {"keys": provider.published()},
                "/userinfo": provider.userinfo,
            }.get(where.path)
            self._answer(found)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self._answer(provider.exchange(form, self.headers.get("Authorization", "")))

        def _answer(self, found: dict[str, Any] | None) -> None:
            self.send_response(503 if provider.is_down else 200 if found is not None else 400)
            self.end_headers()
            self.wfile.write(json.dumps(found).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = Provider(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
