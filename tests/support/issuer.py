"""An issuer of identity tokens on this machine's loopback: real HTTP, real keys made for the test."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm


class Issuer:
    """Signs tokens, and serves its discovery document and keys at `url`. `asked` counts requests by path."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.keys: dict[str, Any] = {}
        self.asked: list[str] = []
        self.is_down = False
        self.discovery: dict[str, Any] = {"issuer": url, "jwks_uri": f"{url}/keys"}
        self.add_key("first")

    def add_key(self, key_id: str, *, bits: int = 2048, curve: bool = False) -> None:
        """Make a key, and publish it."""
        self.keys[key_id] = ec.generate_private_key(ec.SECP256R1()) if curve else rsa.generate_private_key(65537, bits)

    def published(self) -> list[dict[str, Any]]:
        """The public keys as a JSON Web Key Set has them."""
        found = []
        for key_id, key in self.keys.items():
            algorithm = RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else ECAlgorithm
            found.append({**json.loads(algorithm.to_jwk(key.public_key())), "kid": key_id, "use": "sig"})
        return found

    def token(self, claims: dict[str, Any], *, key_id: str = "first", key: Any = None, **header: Any) -> str:
        """A token about now, unless `claims` say something else; a claim of None is left out."""
        now = int(time.time())
        whole = {"iss": self.url, "iat": now, "nbf": now, "exp": now + 300, **claims}
        whole = {name: value for name, value in whole.items() if value is not None}
        key = key or self.keys[key_id]
        algorithm = "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256"
        return jwt.encode(whole, key, algorithm=algorithm, headers={"kid": key_id, **header})

    def unsigned(self, claims: dict[str, Any]) -> str:
        """A token of `alg: none`."""
        return ".".join([_part({"alg": "none", "kid": "first"}), _part({"iss": self.url, **claims}), ""])


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@contextmanager
def running() -> Iterator[Issuer]:
    """An issuer that answers until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked.append(self.path)
            found = {
                "/.well-known/openid-configuration": issuer.discovery,
                "/keys": {"keys": issuer.published()},
            }.get(self.path)
            self.send_response(503 if issuer.is_down else 200 if found else 404)
            self.end_headers()
            self.wfile.write(json.dumps(found).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer = Issuer(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
