"""Limits on the rate of API calls, told in the RateLimit headers of the IETF's draft (draft-ietf-httpapi-ratelimit-headers).

A fixed window of one minute for each token, person or address. Counting is one cache operation.
"""

from __future__ import annotations

import time

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.http import HttpRequest, HttpResponseBase
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from hub.context import client_ip
from hub.models import ApiToken, User

WINDOW = 60


class RateLimit(BaseThrottle):
    """Counts the request against its caller's limit and leaves the count for `add_headers`."""

    def allow_request(self, request: Request, view: object) -> bool:
        """Whether the caller's window still has room."""
        return self.take(request._request, request.auth, request.user)

    def take(self, request: HttpRequest, auth: object, user: User | AnonymousUser) -> bool:
        """As `allow_request`, for a request that the REST framework does not see."""
        limit, key = self._limit_and_key(request, auth, user)
        now = time.time()
        window = int(now // WINDOW)
        self.reset = WINDOW - int(now % WINDOW)
        used = self._count(f"rate:{key}:{window}")
        request.META["hub.rate"] = (limit, max(limit - used, 0), self.reset)
        return used <= limit

    def wait(self) -> float:
        """Seconds until the window ends."""
        return self.reset

    @staticmethod
    def _limit_and_key(request: HttpRequest, auth: object, user: User | AnonymousUser) -> tuple[int, str]:
        if isinstance(auth, ApiToken):
            return settings.API_RATE_PER_MINUTE, f"token:{auth.pk}"
        if user.is_authenticated:
            return settings.API_RATE_PER_MINUTE, f"user:{user.pk}"
        return settings.API_ANONYMOUS_RATE_PER_MINUTE, f"ip:{client_ip(request)}"

    @staticmethod
    def _count(key: str) -> int:
        try:
            return cache.incr(key)
        except ValueError:  # the first of its window; of several at once, one adds the key and each counts
            cache.add(key, 0, WINDOW * 2)
        try:
            return cache.incr(key)
        except ValueError:  # evicted between the two calls
            cache.set(key, 1, WINDOW * 2)
            return 1


def add_headers(request: Request | HttpRequest, response: HttpResponseBase) -> None:
    """Tell the caller its limit and what is left of it."""
    rate = request.META.get("hub.rate")
    if rate is not None:
        limit, remaining, reset = rate
        response["RateLimit-Policy"] = f'"default";q={limit};w={WINDOW}'
        response["RateLimit"] = f'"default";r={remaining};t={reset}'
