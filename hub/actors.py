"""Who acts: a person, maybe through a token, from where. Every service takes one as `by`."""

from __future__ import annotations

from dataclasses import dataclass

from hub.domain.actions import Scope
from hub.models import ApiToken, User


@dataclass(frozen=True)
class Actor:
    """A person (None: anonymous), the token used (None: a browser session or the shell), and the request's origin."""

    user: User | None = None
    token: ApiToken | None = None
    request_id: str = ""
    ip_address: str | None = None

    @property
    def reader(self) -> User | None:
        """The person whose reading rights count here; None where only what is public may be read."""
        return self.user if self.has_scope(Scope.READ) else None

    @property
    def label(self) -> str:
        """How the actor is named in the audit log."""
        return self.user.username if self.user else "anonymous"

    def has_scope(self, scope: Scope) -> bool:
        """Whether the means of sign-in covers `scope`. Sessions cover all; a token what it was made for."""
        return self.user is not None and (self.token is None or scope in self.token.scopes)


ANONYMOUS = Actor()
