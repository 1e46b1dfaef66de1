"""What decides in a resolution besides the manifest: the rules of whoever runs the assistant and its namespace."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Subquery
from django.utils import timezone

from assistants.domain.choosing import Available, Rules
from assistants.domain.usage import Usage
from assistants.models import UpdatePolicy
from hub.domain.patterns import Pattern
from hub.models import Namespace
from registry.models import Package

# What decides besides manifests and settings: changes of these rules are changes of the hub itself.
BUILT_IN = {"visibility": "may_contain", "yanked": "never", "prerelease": "only if nothing else", "resolver": 2}
FORBIDDEN_MEND = "Use another package, or ask the organization's owners."


@dataclass(frozen=True)
class RulesFor:
    """The rules for one assistant. `domain` is what choosing needs of them, `usage` what its organization forbids."""

    domain: Rules
    usage: Usage | None = None

    def judged(self, found: Available) -> Available:
        """The package as these rules let it be used."""
        refusal = self.refusal(found.package)
        return replace(found, refusal=refusal, mend=FORBIDDEN_MEND) if refusal else found

    def refusal(self, package: str) -> str:
        """Why the package of this name may not be used; empty if it may."""
        return self.usage.refusal(package) if self.usage is not None else ""


def rules_for(into: Package) -> RulesFor:
    """The rules in force now for the assistant `into`, which need not be saved. One query."""
    columns = ("version", "min_age_hours", "allowed", "denied", "reason")
    own = UpdatePolicy.objects.filter(package=into.pk).values("min_age_hours")[:1]
    rows = Namespace.objects.filter(id=into.namespace_id)
    row = rows.values_list("slug", Subquery(own), *(f"usage_policy__{name}" for name in columns)).first()
    slug, own_hours, version, *said = row or (str(into.namespace), None, None)
    usage = _usage(slug, version, *said) if version is not None else None
    hours, by = own_hours or 0, str(into)
    statement: dict[str, Any] = dict(BUILT_IN)
    if usage is not None:
        statement["usage_policy"] = {"of": slug, "version": usage.version, "digest": usage.digest}
        # The longer of two cool-downs counts: a policy can be tightened below it, never loosened.
        if usage.min_age_hours >= hours:
            hours, by = usage.min_age_hours, f"the policy of {slug}"
    if hours:
        statement["min_age_hours"] = hours
    return RulesFor(Rules(dt.timedelta(hours=hours), timezone.now(), by if hours else "", statement), usage)


def _usage(slug: str, version: int, hours: int, allowed: list[str], denied: list[str], reason: str) -> Usage:
    return Usage(slug, version, hours, tuple(map(Pattern.parse, allowed)), tuple(map(Pattern.parse, denied)), reason)
