"""Names of browsers, for people who look through their sessions."""

from __future__ import annotations

import pytest

from hub.domain.browsers import browser_name

CHROME = "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 {}Safari/537.36{}"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        (CHROME.format("Windows NT 10.0; Win64; x64", "", ""), "Chrome on Windows"),
        (CHROME.format("Windows NT 10.0; Win64; x64", "", " Edg/142.0.0.0"), "Edge on Windows"),
        (CHROME.format("Macintosh; Intel Mac OS X 10_15_7", "", " OPR/120.0"), "Opera on macOS"),
        (CHROME.format("Linux; Android 16; Pixel 10", "", ""), "Chrome on Android"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Safari/604.1",
            "Safari on iOS",
        ),
        ("curl/8.17.0", "curl"),
        ("", "Unknown browser"),
        ("<script>", "Unknown browser"),
    ],
)
def test_a_browser_has_a_short_name(user_agent: str, name: str) -> None:
    assert browser_name(user_agent) == name
