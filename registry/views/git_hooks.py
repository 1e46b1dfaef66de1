"""Where Git servers say that something was pushed."""

from __future__ import annotations

import time
import uuid

from django.core.cache import cache
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from hub import vault
from hub.context import client_ip
from registry.domain import git_hooks
from registry.models import GitSource
from registry.services import git_syncs

PER_MINUTE = 60  # for each source
REFUSED_PER_MINUTE = 60  # for each address


@csrf_exempt
@never_cache
@require_POST
def hook(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Queue a sync for whoever knows the source's secret. To everybody else there is nothing here.

    What the body says does not matter: the repository is asked. So a delivery that is sent twice does nothing twice.
    """
    address = client_ip(request)
    if _count(f"hook-refused:{address}", 0) >= REFUSED_PER_MINUTE:
        return JsonResponse({"detail": "Too many deliveries were refused. Wait a minute."}, status=429)
    source = GitSource.objects.select_related("namespace").filter(uid=uid).first()
    if not _is_authentic(request, source) or source is None:
        _count(f"hook-refused:{address}", 1)
        raise Http404
    if _count(f"hook:{source.id}", 1) > PER_MINUTE:
        return JsonResponse({"detail": "Too many deliveries. The next one counts."}, status=429)
    run = git_syncs.announce(source=source)
    return JsonResponse({"queued": run is not None}, status=202)


def _is_authentic(request: HttpRequest, source: GitSource | None) -> bool:
    try:
        body = request.body
    except RequestDataTooBig:
        return False
    # Whether there is a source must not show in the time that this takes.
    secret = git_hooks.PREFIX
    if source is not None:
        try:
            secret = vault.unseal(source.webhook_secret)
        except vault.Unreadable:
            return False
    authentic = git_hooks.is_authentic(dict(request.headers), body, secret, time.time())
    return authentic and source is not None


def _count(key: str, more: int) -> int:
    """How often `key` was counted within this minute, with `more`."""
    key = f"{key}:{int(time.time() // 60)}"
    cache.add(key, 0, 120)
    if not more:
        return int(cache.get(key) or 0)
    try:
        return cache.incr(key, more)
    except ValueError:  # evicted between the two calls
        return more
