"""Data: where a client sends what it records of development, and how much of it."""

from pathlib import Path

from django.utils.translation import gettext_lazy as _

from registry.domain import manifests
from registry.domain.manifests import Manifest
from registry.kinds.base import Kind


def read(text: str, package_name: str) -> Manifest:
    """The manifest of one destination of development data, which is a config.yaml with one item under `data`."""
    return manifests.read_block(text, "data")


DATA = Kind(
    name="data",
    label=_("Data"),
    plural=_("Data destinations"),
    explanation=_("Where a client sends development data, which events, and whether code goes along."),
    section="data",
    example=(Path(__file__).parent / "example.yaml").read_text(),
    read=read,
)
