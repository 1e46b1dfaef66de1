"""What people say when they take something back: why, since when, and where to go instead."""

from __future__ import annotations

from urllib.parse import urlsplit

MESSAGE_MAX_LENGTH = 500
LINK_MAX_LENGTH = 300


class InvalidWords(ValueError):
    """A message, reason or link that cannot be taken; the message says why and how to mend it. `field` names which."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def words(text: str, *, field: str, longest: int = MESSAGE_MAX_LENGTH) -> str:
    """`text` as one line that says something. Raises InvalidWords."""
    found = " ".join(text.split())
    if not found:
        raise InvalidWords(field, f"Give a {field}: it is shown to the people whom it concerns.")
    if len(found) > longest:
        raise InvalidWords(field, f"The {field} has more than {longest} characters. Shorten it.")
    if not found.isprintable():
        raise InvalidWords(field, f"The {field} has characters that cannot be shown. Leave them out.")
    return found


def link(text: str) -> str:
    """`text` as the address of a page, or nothing. Raises InvalidWords."""
    found = text.strip()
    if not found:
        return ""
    mend = "Give an address that begins with “https://”, or nothing."
    if len(found) > LINK_MAX_LENGTH or not found.isascii() or not found.isprintable() or " " in found:
        raise InvalidWords("link", f"This is not an address. {mend}")
    try:
        parts = urlsplit(found)
        host = parts.hostname
    except ValueError:
        raise InvalidWords("link", f"This is not an address. {mend}") from None
    if parts.scheme != "https" or not host or parts.username is not None:
        raise InvalidWords("link", f"This address cannot be shown. {mend}")
    return found
