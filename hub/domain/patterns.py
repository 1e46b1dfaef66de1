"""Patterns of package names, by which a token is narrowed: `acme/*`, `acme/web-*`, `acme/style`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hub.domain import slugs

_PATTERN = re.compile(rf"(?P<namespace>{slugs.SLUG_PATTERN})/(?P<prefix>[a-z0-9._-]*)(?P<star>\*?)")
MAX_PATTERNS = 20


class InvalidPattern(ValueError):
    """A text that is no pattern; the message says what one looks like."""


@dataclass(frozen=True)
class Pattern:
    """One namespace, and a name or (`is_prefix`) the beginning of one."""

    namespace: str
    name: str
    is_prefix: bool

    @classmethod
    def parse(cls, text: str) -> Pattern:
        """The pattern that `text` writes. Raises InvalidPattern."""
        found = _PATTERN.fullmatch(slugs.normalize(text))
        if found is None or not (found["prefix"] or found["star"]):
            raise InvalidPattern(f"“{text}” is no pattern of packages. Write “acme/*”, “acme/web-*” or “acme/style”.")
        return cls(found["namespace"], found["prefix"], bool(found["star"]))

    def matches(self, namespace: str, name: str) -> bool:
        """Whether the package of this name is meant."""
        return namespace == self.namespace and (name.startswith(self.name) if self.is_prefix else name == self.name)

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}{'*' if self.is_prefix else ''}"
