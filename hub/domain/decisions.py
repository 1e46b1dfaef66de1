"""The answer of a policy: allowed, or denied with a reason that may be shown. Both can be used as a bool."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Allowed:
    """The actor may."""

    def __bool__(self) -> bool:
        return True


@dataclass(frozen=True)
class Denied:
    """The actor may not; `reason` is a sentence for the actor."""

    reason: str

    def __bool__(self) -> bool:
        return False


type Decision = Allowed | Denied


class PermissionRefused(Exception):
    """Raised by services when a policy denies. `str()` is the reason."""

    @property
    def code(self) -> str:
        """The last part of the problem's type over REST."""
        return "not_allowed"

    @property
    def title(self) -> str:
        """A heading for the page that refuses, where the usual one would mislead."""
        return ""


def require(decision: Decision) -> None:
    """Raise PermissionRefused with the reason unless `decision` allows."""
    if isinstance(decision, Denied):
        raise PermissionRefused(decision.reason)
