"""Headings that can be linked to."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from registry.domain import markup
from registry.domain.anchors import anchored


def test_headings_get_ids_of_their_words() -> None:
    found = anchored(markup.render("# Use `it` & enjoy\n\n## Use it\n\n## Use it\n\n## Größe, 規則!\n\n## ???\n"), "r-")
    assert [(heading.level, heading.id, heading.text) for heading in found.headings] == [
        (2, "r-use-it--enjoy", "Use it & enjoy"),
        (3, "r-use-it", "Use it"),
        (3, "r-use-it-1", "Use it"),
        (3, "r-größe-規則", "Größe, 規則!"),
        (3, "r-section", "???"),
    ]
    assert '<h3 id="r-use-it-1">' in found.html


def test_links_inside_lead_to_them_and_links_elsewhere_stay() -> None:
    found = anchored(markup.render("## Use it\n\n[a](#Use-It) [b](https://x.example/#use-it)\n"), "r-")
    assert 'href="#r-use-it"' in found.html
    assert 'href="https://x.example/#use-it"' in found.html


@given(st.text(alphabet='#<>"&;-_ \nabhé=/', max_size=200))
def test_no_text_breaks_out_of_its_id(text: str) -> None:
    rendered = markup.render(text)
    found = anchored(rendered, "r-")
    assert len(re.findall(r"<h[2-6]", found.html)) == len(found.headings)
    assert all(re.fullmatch(r"r-[\w-]+", heading.id) for heading in found.headings)
    ids = [heading.id for heading in found.headings]
    without = re.sub(r'<a class="anchor"[^>]*></a>| id="[^"]*"', "", found.html)
    assert without == rendered or "href=" in rendered, ids
