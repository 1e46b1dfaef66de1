"""Markdown from strangers becomes harmless HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain import markup

FORBIDDEN_TAGS = {
    "script",
    "style",
    "iframe",
    "object",
    "embed",
    "svg",
    "math",
    "form",
    "input",
    "button",
    "link",
    "meta",
}
FORBIDDEN_TAGS |= {"base", "template", "noscript", "video", "audio", "map", "area", "frame", "textarea", "select"}
SCHEME = re.compile(r"[\x00-\x20]*[a-z][a-z0-9+.\x00-\x20-]*:")  # browsers drop what is not printed
ALLOWED_SCHEMES = ("http:", "https:", "mailto:")


class Reader(HTMLParser):
    """Collects what a browser would see in a text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def assert_harmless(html: str) -> None:
    seen = Reader(html)
    assert not seen.tags & FORBIDDEN_TAGS
    for name, value in seen.attributes:
        assert not name.startswith("on")
        assert name not in {"style", "id", "name", "srcdoc", "srcset", "target", "formaction", "action", "background"}
        if name in {"href", "src"}:
            before_path = value.split("/")[0].split("?")[0].split("#")[0].strip().lower()
            assert not SCHEME.match(before_path) or before_path.startswith(ALLOWED_SCHEMES)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<ScRiPt\n>alert(1)</sCrIpT >",
        "<img src=x onerror=alert(1)>",
        "<img src=x onerror\n=\nalert(1) //",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href='java\nscript:alert(1)'>x</a>",
        "<a href='&#106;avascript:alert(1)'>x</a>",
        "<a href=' \x01javascript:alert(1)'>x</a>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](java&#115;cript:alert(1))",
        "[x](vbscript:x)",
        "![x](data:image/svg+xml;base64,PHN2Zz4=)",
        "[x](data:text/html,<script>alert(1)</script>)",
        "[x]: javascript:alert(1)\n\n[x]",
        "<javascript:alert(1)>",
        "![a](x 'y\" onerror=\"alert(1)')",
        "[a](x 'y\" onmouseover=\"alert(1)')",
        "<div style='background:url(javascript:alert(1))'>x</div>",
        "<style>@import 'https://example.org/x.css';</style>",
        "<iframe src=https://example.org></iframe>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<svg onload=alert(1)><script>alert(1)</script></svg>",
        "<svg><style><img src=x onerror=alert(1)></style></svg>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        "<form action=https://example.org><input name=password></form>",
        "<base href=https://example.org/>",
        "<meta http-equiv=refresh content='0;url=https://example.org'>",
        "<object data=x></object><embed src=x>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        "<!--><img src=x onerror=alert(1)>-->",
        "<![CDATA[<img src=x onerror=alert(1)>]]>",
        "<p id=main name=x class=primary>clobbered</p>",
        "```html\n<script>alert(1)</script>\n```",
        '```"><img src=x onerror=alert(1)>\nx\n```',
        "    <script>alert(1)</script>",
        "`<img src=x onerror=alert(1)>`",
        "# <img src=x onerror=alert(1)>",
        "| a |\n|---|\n| <script>alert(1)</script> |",
        "<details open ontoggle=alert(1)>x</details>",
        "<a href='//example.org' target=_blank>x</a>",
        "**<b onclick=alert(1)>x</b>** *<i\tonfocus=alert(1) tabindex=1>*",
    ],
)
def test_no_trick_gets_through(text: str) -> None:
    assert_harmless(markup.render(text))


def test_code_is_shown_as_it_is() -> None:
    html = markup.render("```html\n<script>alert(1)</script>\n```")
    assert "&lt;" in html
    assert "<script>" not in html


def test_what_documents_need_is_kept() -> None:
    html = markup.render(
        "# Title\n\n- **a** [b](https://example.org)\n\n| h |\n|---|\n| c |\n\n![alt](https://example.org/x.png)"
    )
    assert {"h2", "li", "strong", "a", "table", "td", "img"} <= Reader(html).tags
    assert ("rel", "nofollow noopener ugc") in Reader(html).attributes
    assert "<h1" not in html, "a README's heading stands below the page's own"


def test_deep_nesting_is_an_error_and_not_a_crash() -> None:
    for text in (">" * 3_000 + "x", "- " * 3_000 + "x", "[" * 500, "*" * 3_000, "<div>" * 3_000):
        try:
            assert_harmless(markup.render(text))
        except ValueError as error:
            assert "nested" in str(error)


@pytest.mark.parametrize(
    "text",
    ["[" * 500_000, "![" * 250_000, "[" * 9_000 + "]" * 9_000, "[a](b " * 80_000, "<a b='" * 20_000, "a](<" * 9_000],
)
def test_text_that_would_take_minutes_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="too many"):
        markup.render(text)


def test_many_links_are_fine() -> None:
    html = markup.render("See [a [nested] text](https://example.org) and [b].\n" * 2_000)
    assert html.count("<a ") == 2_000


pieces = st.sampled_from(
    [
        "<script>",
        "</script>",
        "<img src=x ",
        "onerror=alert(1)",
        ">",
        "<svg>",
        "<style>",
        "<!--",
        "-->",
        "[a](",
        ")",
        "`",
    ]
    + [
        "javascript:",
        "data:text/html,",
        "'",
        '"',
        "\n",
        "\n\n",
        "    ",
        "# ",
        "> ",
        "- ",
        "|",
        "---",
        "&#106;",
        "&lt;",
        "<",
    ]
    + ["```\n", "![", "](", "<a href=", "\\", "<div>", "</div>", "<p ", "style=x", "x", "*", "[^1]", ": "]
)


@given(text=st.lists(pieces, max_size=25).map("".join))
def test_any_mixture_is_harmless(text: str) -> None:
    assert_harmless(markup.render(text))
