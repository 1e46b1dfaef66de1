"""People and groups of a directory, brought from a provisioning client into the hub's own words and bounds."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

NAME_MAX_LENGTH = 255
PART_MAX_LENGTH = 150
MAX_ADDRESSES = 20
_ADDRESS = re.compile(r"[^@\s\"(),:;<>\\\[\]]+@[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?", re.IGNORECASE)


class InvalidEntry(ValueError):
    """The client sent what cannot be kept; the message says why."""


@dataclass(frozen=True)
class Email:
    """One address of a person. The value is in lower case, as everywhere in the hub."""

    value: str
    type: str = ""
    primary: bool | None = None


@dataclass(frozen=True)
class Person:
    """What a client says of one person. Empty texts stand for what it left out; None for not saying who is active."""

    user_name: str
    external_id: str = ""
    active: bool | None = True
    display_name: str = ""
    name: Mapping[str, str] = field(default_factory=dict)
    emails: tuple[Email, ...] = ()

    @property
    def addresses(self) -> tuple[str, ...]:
        """All e-mail addresses, the primary one first."""
        ordered = sorted(self.emails, key=lambda email: not email.primary)
        return tuple(dict.fromkeys(email.value for email in ordered))

    @property
    def mail(self) -> str:
        """The address by which an account is found or made: the first that is one, else a user name that is; or empty."""
        candidates = (*self.addresses, self.user_name.lower())
        return next((one for one in candidates if len(one) <= 254 and _ADDRESS.fullmatch(one)), "")

    @property
    def label(self) -> str:
        """What the person is called, or empty."""
        parts = (self.name.get("givenName", ""), self.name.get("familyName", ""))
        return self.display_name or self.name.get("formatted", "") or " ".join(part for part in parts if part)

    def checked(self) -> Person:
        """The person, if all of it can be kept. Raises InvalidEntry."""
        _check_line("userName", self.user_name, required=True)
        _check_line("externalId", self.external_id)
        _check_line("displayName", self.display_name)
        for part, text in self.name.items():
            _check_line(f"name.{part}", text)
        if len(self.emails) > MAX_ADDRESSES:
            raise InvalidEntry(f"A person has at most {MAX_ADDRESSES} e-mail addresses.")
        for email in self.emails:
            _check_line("emails.value", email.value, longest=254, required=True)
            _check_line("emails.type", email.type, longest=40)
        return self


@dataclass(frozen=True)
class Group:
    """What a client says of one group: its names, and the ids of who is in it."""

    display_name: str
    external_id: str = ""
    members: frozenset[str] = frozenset()

    def checked(self) -> Group:
        """The group, if its names can be kept. Raises InvalidEntry."""
        _check_line("displayName", self.display_name, required=True)
        _check_line("externalId", self.external_id)
        return self


def key(text: str) -> str:
    """The form in which names that differ only in case are equal."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).lower())


def _check_line(attribute: str, text: str, *, longest: int = NAME_MAX_LENGTH, required: bool = False) -> None:
    if required and not text.strip():
        raise InvalidEntry(f"{attribute} is required.")
    # Lower case can be longer than what was sent; both are kept.
    if max(len(text), len(key(text))) > longest or (text and not text.isprintable()):
        raise InvalidEntry(f"{attribute} is one line of at most {longest} printable characters.")
