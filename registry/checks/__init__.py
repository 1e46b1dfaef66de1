"""The checks that look at a release when it is published and again later, in one dict. One check is one module here.

Others add their own through the entry point group `assistant_hub.checks`: the name is the check's, the object a `Check`.
docs/scanning.md tells how. Everything here is plain Python.
"""

from __future__ import annotations

from registry.checks.base import SEVERITIES, Check, Finding, Severity, Subject, Text
from registry.checks.concealment import CONCEALMENT
from registry.checks.instructions import INSTRUCTIONS
from registry.checks.invisible import INVISIBLE
from registry.checks.launchers import LAUNCHERS
from registry.checks.lookalikes import LOOKALIKES
from registry.checks.secrets import SECRETS

CHECKS: dict[str, Check] = {
    check.name: check for check in (SECRETS, INVISIBLE, INSTRUCTIONS, LAUNCHERS, CONCEALMENT, LOOKALIKES)
}

__all__ = ["CHECKS", "SEVERITIES", "Check", "Finding", "Severity", "Subject", "Text"]
