"""Models: which model, where it runs, in which roles."""

from pathlib import Path

from django.utils.translation import gettext_lazy as _

from registry.domain import manifests
from registry.domain.manifests import Manifest
from registry.kinds.base import Kind


def read(text: str, package_name: str) -> Manifest:
    """The manifest of one model, which is a config.yaml with one item under `models`."""
    return manifests.read_block(text, "models")


MODEL = Kind(
    name="model",
    label=_("Model"),
    plural=_("Models"),
    explanation=_("Which model answers, where it runs, and what it is used for."),
    section="models",
    example=(Path(__file__).parent / "example.yaml").read_text(),
    read=read,
)
