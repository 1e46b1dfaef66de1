"""Assistants: packages whose manifest composes others."""

from pathlib import Path

from django.utils.translation import gettext_lazy as _

from assistants.domain import composition
from assistants.services import dependencies, locks
from registry.domain.manifests import Manifest
from registry.kinds.base import Kind


def read(text: str, package_name: str) -> Manifest:
    """The manifest of an assistant, as far as it can be judged without looking at other packages."""
    return composition.read(text).manifest


ASSISTANT = Kind(
    name="assistant",
    label=_("Assistant"),
    plural=_("Assistants"),
    explanation=_("Rules, prompts, tools and models put together for one way of working."),
    section="",
    example=(Path(__file__).parent / "example.yaml").read_text(),
    read=read,
    after_publish=locks.lock_release,
    dependencies=dependencies.of_release,
)
