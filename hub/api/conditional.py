"""Answers whose bytes have a digest: strong ETags, 304, and what caches may keep."""

from __future__ import annotations

from django.http import HttpResponse
from django.http.request import HttpRequest
from rest_framework.request import Request


def caching(*, public: bool) -> str:
    """The Cache-Control of bytes: who may keep them. Everybody asks again each time, with the digest that they have.

    Also of bytes that never change: a quarantine must reach who gets them through a cache within seconds (ADR 0020).
    """
    return "public, no-cache" if public else "private, no-cache"


def is_fresh(request: Request | HttpRequest, digest: str) -> bool:
    """Whether the caller has these bytes already (If-None-Match, RFC 9110: weak comparison, list or `*`)."""
    header = request.META.get("HTTP_IF_NONE_MATCH", "")
    if not header:
        return False
    tags = {tag.strip().removeprefix("W/").strip('"') for tag in header.split(",")}
    return digest in tags or "*" in tags


def answer(
    request: Request | HttpRequest, content: bytes, digest: str, media_type: str, cache_control: str
) -> HttpResponse:
    """`content` under its digest as a strong ETag, or 304 without a body."""
    fresh = is_fresh(request, digest)
    response = HttpResponse(status=304) if fresh else HttpResponse(content, content_type=media_type)
    if fresh:
        del response.headers["Content-Type"]
    response.headers["ETag"] = f'"{digest}"'
    response.headers["Cache-Control"] = cache_control
    response.headers["Vary"] = "Authorization, Cookie"
    return response
