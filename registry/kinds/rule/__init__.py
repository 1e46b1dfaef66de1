"""Rules: intents, constraints and policies in natural language that a model is given."""

from pathlib import Path

from django.utils.translation import gettext_lazy as _

from registry.domain import manifests
from registry.kinds.base import Kind

RULE = Kind(
    name="rule",
    label=_("Rule"),
    plural=_("Rules"),
    explanation=_("Instructions a model follows: conventions, constraints, policies."),
    section="rules",
    example=(Path(__file__).parent / "example.md").read_text(),
    read=manifests.read_rule,
)
