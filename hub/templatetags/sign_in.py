"""What pages about signing in show of a browser."""

from __future__ import annotations

from collections.abc import Iterable

from django import template

from hub import mfa_adapter
from hub.domain import browsers

register = template.Library()


@register.filter
def browser_name(user_agent: str) -> str:
    """Name a browser by its User-Agent header: “Firefox on Linux”."""
    return browsers.browser_name(user_agent)


@register.filter
def lines(values: Iterable[str]) -> str:
    """Put each of `values` on a line of its own."""
    return "\n".join(values)


@register.simple_tag(takes_context=True)
def passkey_obstacle(context: template.Context) -> str:
    """Say why passkeys do not work at this address; empty where they do."""
    return mfa_adapter.passkey_obstacle(context["request"])
