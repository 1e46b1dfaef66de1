"""Patterns of package names, by which a token is narrowed: `acme/*`, `acme/web-*`, `acme/style`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hub.domain import slugs

_PATTERN = re.compile(rf"(?P<namespace>{slugs.SLUG_PATTERN})/(?P<name>(?:[a-z0-9][a-z0-9._-]*)?)(?P<star>\*?)")
_NAME_MAX_LENGTH = slugs.PACKAGE_MAX_LENGTH
_SHOWN_LENGTH = 60
MAX_PATTERNS = 20
MAX_LENGTH = slugs.NAMESPACE_MAX_LENGTH + 1 + slugs.PACKAGE_MAX_LENGTH


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
        """The pattern that `text` writes. Raises InvalidPattern, also for a pattern that no package could ever fit."""
        written = slugs.normalize(text)
        found = _PATTERN.fullmatch(written) if len(written) <= MAX_LENGTH else None
        if (
            found is None
            or len(found["namespace"]) > slugs.NAMESPACE_MAX_LENGTH
            or len(found["name"]) > _NAME_MAX_LENGTH
        ):
            raise InvalidPattern(_no_pattern(text))
        if not found["star"]:
            try:
                slugs.check_package_name(found["name"])
            except slugs.InvalidName:
                raise InvalidPattern(_no_pattern(text)) from None
        return cls(found["namespace"], found["name"], bool(found["star"]))

    def matches(self, namespace: str, name: str) -> bool:
        """Whether the package of this name is meant."""
        return namespace == self.namespace and (name.startswith(self.name) if self.is_prefix else name == self.name)

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}{'*' if self.is_prefix else ''}"


def _no_pattern(text: str) -> str:
    shown = text if len(text) <= _SHOWN_LENGTH else f"{text[:_SHOWN_LENGTH]}…"
    return f"“{shown}” is no pattern of packages. Write “acme/*”, “acme/web-*” or “acme/style”."
