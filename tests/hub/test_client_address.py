"""Behind a proxy, attempts to sign in are counted by the client's address and not by the proxy's."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import RequestFactory

from hub.accounts import AccountAdapter


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.7", "127.0.0.1"),
        (1, "203.0.113.7", "203.0.113.7"),
        (1, "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        (2, "203.0.113.7, 10.0.0.1", "203.0.113.7"),
        (2, "203.0.113.7", "127.0.0.1"),
    ],
)
def test_the_address_is_the_one_that_the_trusted_proxy_added(
    settings: Any, proxies: int, forwarded: str, address: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().post("/accounts/login/", headers={"X-Forwarded-For": forwarded})
    assert AccountAdapter(request).get_client_ip(request) == address
