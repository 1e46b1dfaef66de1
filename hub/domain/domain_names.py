"""Names of domains on the internet, and what one shows to prove whose namespace it belongs to."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

MAX_LENGTH = 253
RECORD_LABEL = "_assistant-hub"
RECORD_PREFIX = "assistant-hub-verification="
FILE_PATH = "/.well-known/assistant-hub.json"
FILE_KEY = "verification"

_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
# Names that mean another machine in every network, so that nobody can prove them to everybody.
_PRIVATE = frozenset({"localhost", "local", "internal", "intranet", "lan", "home", "corp", "invalid", "onion", "arpa"})


class InvalidDomain(ValueError):
    """No domain that could be proved; the message says why."""


def checked(text: str) -> str:
    """The domain that `text` names, in the form in which it is kept. Raises InvalidDomain."""
    name = text.strip().lower().rstrip(".")
    if "/" in name or ":" in name or "@" in name:
        raise InvalidDomain("Give the domain alone, such as “example.com”: no “https://”, no path.")
    if not name.isascii():
        raise InvalidDomain("Write the domain in its ASCII form, which begins with “xn--”.")
    labels = name.split(".")
    # Room for the label under which the record stands.
    longest = MAX_LENGTH - len(RECORD_LABEL) - 1
    if len(labels) < 2 or len(name) > longest or not all(_LABEL.fullmatch(label) for label in labels):
        raise InvalidDomain("This is not the name of a domain. Give one such as “example.com”.")
    if _is_number(name) or labels[-1].isdecimal():
        raise InvalidDomain("An address in numbers is not a domain. Give a name.")
    if labels[-1] in _PRIVATE:
        raise InvalidDomain(f"Names under “.{labels[-1]}” mean something else in every network. Give a public domain.")
    return name


def record_name(domain: str) -> str:
    """The DNS name whose TXT records are asked for."""
    return f"{RECORD_LABEL}.{domain}"


def record_value(token: str) -> str:
    """What one of the TXT records has to say."""
    return RECORD_PREFIX + token


def is_in_records(token: str, records: Iterable[str]) -> bool:
    """Whether one of the TXT records is the token's."""
    return any(record.strip() == record_value(token) for record in records)


def file_address(domain: str) -> str:
    """Where the well-known file is fetched from."""
    return f"https://{domain}{FILE_PATH}"


def is_in_file(token: str, document: dict[str, object]) -> bool:
    """Whether the well-known file has the token, alone or in a list: several hubs and namespaces may share a domain."""
    shown = document.get(FILE_KEY)
    return token in (shown if isinstance(shown, list) else [shown])


def _is_number(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
