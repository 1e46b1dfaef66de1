"""What an organization lets its assistants be made of, as a value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from hub.domain.patterns import InvalidPattern, Pattern
from registry.domain import canonical

MAX_REASON = 500
MAX_LISTED = 100


@dataclass(frozen=True)
class Usage:
    """One version of a policy. `allowed` names what others than the namespace itself may be used of; empty for all."""

    namespace: str
    version: int
    min_age_hours: int = 0
    allowed: tuple[Pattern, ...] = ()
    denied: tuple[Pattern, ...] = ()
    reason: str = ""

    def refusal(self, package: str) -> str:
        """Why `package` may not be used; empty if it may."""
        namespace, _, name = package.partition("/")
        if any(pattern.matches(namespace, name) for pattern in self.denied):
            return self._forbids(package)
        if not self.allowed or namespace == self.namespace:
            return ""
        return "" if any(pattern.matches(namespace, name) for pattern in self.allowed) else self._forbids(package)

    def _forbids(self, package: str) -> str:
        return f"{self.namespace}'s policy forbids “{package}”{f': {self.reason}' if self.reason else '.'}"

    @property
    def digest(self) -> str:
        """The digest of what this version says."""
        said: dict[str, Any] = {
            "namespace": self.namespace,
            "min_age_hours": self.min_age_hours,
            "allowed": [str(one) for one in self.allowed],
            "denied": [str(one) for one in self.denied],
        }
        return canonical.digest(canonical.encode(said))


def read_patterns(texts: Iterable[str]) -> tuple[Pattern, ...]:
    """The patterns that some lines write, each once. Raises InvalidPattern, also for too many."""
    found = tuple(dict.fromkeys(Pattern.parse(text) for text in texts if text.strip()))
    if len(found) > MAX_LISTED:
        raise InvalidPattern(f"Write at most {MAX_LISTED} patterns.")
    return tuple(sorted(found, key=str))
