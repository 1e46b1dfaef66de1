"""Asks the DNS for text records: of the machine's own servers, or of those that the operator names."""

from __future__ import annotations

import dns.exception
import dns.nameserver
import dns.resolver
from django.conf import settings

TIMEOUT = 5.0
MAX_RECORDS = 50


class Failed(Exception):
    """The DNS gave no usable answer; the message says what happened, without quoting it."""


def text_records(name: str) -> list[str]:
    """The TXT records of `name`; none if there is no such name. Within a few seconds. Raises Failed."""
    try:
        answer = _resolver().resolve(name, "TXT", lifetime=TIMEOUT, search=False, raise_on_no_answer=False)
    except dns.resolver.NXDOMAIN:
        return []
    except dns.exception.Timeout:
        raise Failed("The DNS did not answer in time.") from None
    except (dns.exception.DNSException, OSError):
        raise Failed("The DNS cannot answer for this name.") from None
    found = list(answer.rrset or [])[:MAX_RECORDS]
    return [b"".join(record.strings).decode("utf-8", "replace") for record in found]


def _resolver() -> dns.resolver.Resolver:
    if not settings.DNS_SERVERS:
        return dns.resolver.Resolver()
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = [_server(text) for text in settings.DNS_SERVERS]
    return resolver


def _server(text: str) -> dns.nameserver.Nameserver:
    address, _, port = text.rpartition(":") if text.count(":") == 1 else (text, "", "53")
    return dns.nameserver.Do53Nameserver(address, int(port))
