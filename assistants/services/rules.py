"""What decides in a resolution besides the manifest: the rules of whoever runs the assistant and its namespace."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone

from assistants.domain.choosing import Available, Rules
from registry.models import Package

# What decides besides manifests and settings: changes of these rules are changes of the hub itself.
BUILT_IN = {"visibility": "may_contain", "yanked": "never", "prerelease": "only if nothing else", "resolver": 2}


@dataclass(frozen=True)
class RulesFor:
    """The rules for one assistant. `domain` is what choosing needs of them."""

    domain: Rules

    def judged(self, found: Available) -> Available:
        """The package as these rules let it be used."""
        return found


def rules_for(into: Package) -> RulesFor:
    """The rules in force now for the assistant `into`, which need not be saved."""
    return RulesFor(Rules(now=timezone.now(), statement=BUILT_IN))
