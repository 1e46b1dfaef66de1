"""Prompts: tasks in words, started by name."""

from pathlib import Path

from django.utils.translation import gettext_lazy as _

from registry.domain import manifests
from registry.domain.manifests import Manifest
from registry.kinds.base import Kind


def read(text: str, package_name: str) -> Manifest:
    """The manifest of one prompt, which is a config.yaml with one item under `prompts`."""
    return manifests.read_block(text, "prompts")


PROMPT = Kind(
    name="prompt",
    label=_("Prompt"),
    plural=_("Prompts"),
    explanation=_("A task in words that a developer starts with a slash command."),
    section="prompts",
    example=(Path(__file__).parent / "example.yaml").read_text(),
    read=read,
)
