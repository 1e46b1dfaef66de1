"""Links between documents lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.repository.documents import ROOT, anchors, documents, prose

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
OUTSIDE = re.compile(r"[a-z]+:")


def label(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("document", documents(), ids=label)
def test_relative_links_and_images_resolve(document: Path) -> None:
    broken = []
    for link in LINK.findall(prose(document)):
        if OUTSIDE.match(link):
            continue
        name, _, anchor = unquote(link).partition("#")
        target = (document.parent / name).resolve() if name else document
        inside = target.is_relative_to(ROOT) and target.exists()
        if not inside or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            broken.append(link)
    assert not broken


def test_every_document_can_be_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        document = waiting.pop()
        if document in seen or document.suffix != ".md" or not document.is_file():
            continue
        seen.add(document)
        links = (link.partition("#")[0] for link in LINK.findall(prose(document)) if not OUTSIDE.match(link))
        waiting += [(document.parent / link).resolve() for link in links if link]
    assert not set(documents()) - seen


def test_pictures_are_described_and_follow_the_colour_scheme() -> None:
    for picture in (ROOT / "docs" / "images").glob("*.svg"):
        text = picture.read_text()
        assert "<title" in text
        assert "<desc" in text
        assert "prefers-color-scheme: dark" in text
        assert "<script" not in text
