"""Who acts: a person or a machine, maybe through a token, from where. Every service takes one as `by`."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from hub.domain.actions import Scope
from hub.models import ApiToken, User


@dataclass(frozen=True)
class Actor:
    """A person or service account (None: anonymous, or a CI job), the token used (None: a session or the shell), the origin.

    `sso` holds the ids of the organizations whose single sign-on the sign-in has passed, `second_factor` whether it
    took one. `confined_to` is the only organization in which the sign-in has power; None for no such limit.
    `source` is the kind of interface (`browser`, `api`, `client`, `command`, …), `on_behalf_of` whom a machine serves.
    """

    user: User | None = None
    token: ApiToken | None = None
    request_id: str = ""
    ip_address: str | None = None
    sso: frozenset[int] = frozenset()
    second_factor: bool = False
    confined_to: int | None = None
    source: str = ""
    on_behalf_of: str = ""

    @property
    def reader(self) -> User | None:
        """The person whose reading rights count here; None where only what is public may be read."""
        return self.user if self.has_scope(Scope.READ) else None

    @property
    def label(self) -> str:
        """How the actor is named in the audit log."""
        if self.user is not None:
            return self.user.username
        return self.token.name if self.token is not None else "anonymous"

    @property
    def patterns(self) -> tuple[str, ...]:
        """The patterns of packages to which the token is narrowed; empty for no limit."""
        return tuple(self.token.package_patterns) if self.token is not None else ()

    @property
    def is_person_in_browser(self) -> bool:
        """Whether a person acts without a token: some things no program may do, whatever its scopes."""
        return self.user is not None and self.token is None and not self.user.is_service

    @property
    def authority(self) -> Hashable:
        """What decides about reading, as one value: two actors with the same authority may read the same.

        How long a token was made to live is part of it: an organization may take no tokens that live so long.
        """
        machine = self.token.pk if self.token is not None and self.user is None else None
        reader = self.reader.pk if self.reader else None
        life = (self.token.life_in_days(),) if self.token is not None else ()
        return reader, machine, self.patterns, self.sso, self.second_factor, self.confined_to, life

    def has_scope(self, scope: Scope) -> bool:
        """Whether the means of sign-in covers `scope`. Sessions cover all; a token what it was made for."""
        return self.user is not None and (self.token is None or scope in self.token.scopes)


ANONYMOUS = Actor()
