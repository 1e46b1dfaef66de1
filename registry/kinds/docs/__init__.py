"""Docs: documentation sites that a client indexes and gives to a model on demand."""

from pathlib import Path

from django.utils.translation import gettext_lazy as _

from registry.domain import manifests
from registry.domain.manifests import Manifest
from registry.kinds.base import Kind


def read(text: str, package_name: str) -> Manifest:
    """The manifest of one documentation site, which is a config.yaml with one item under `docs`."""
    return manifests.read_block(text, "docs")


DOCS = Kind(
    name="docs",
    label=_("Docs"),
    plural=_("Docs"),
    explanation=_("A documentation site that a client indexes and a model can look things up in."),
    section="docs",
    example=(Path(__file__).parent / "example.yaml").read_text(),
    read=read,
)
