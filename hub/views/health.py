"""Whether the process lives, and whether it can do its work."""

from __future__ import annotations

import time
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from hub.tasks import heartbeat_file


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers. Asks nothing of anything else, so that a database's fault restarts no web server."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """200 if database (with all migrations), cache and broker work, else 503 and which does not."""
    checks = {"database": _database(), "migrations": _migrations(), "cache": _cache(), "broker": _broker()}
    ready = all(checks.values())
    body = {"status": "ready" if ready else "not ready", "checks": checks, "worker_seen_seconds_ago": _worker_age()}
    return JsonResponse(body, status=200 if ready else 503)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _migrations() -> bool:
    try:
        executor = MigrationExecutor(connection)
        return not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return False


def _cache() -> bool:
    try:
        cache.set("readyz", "1", 5)
        return cache.get("readyz") == "1"
    except (RedisError, OSError):
        return False


def _broker() -> bool:
    """Redis is the cache's own check; the folder of the embedded broker must be there to write in."""
    return bool(settings.REDIS_URL) or (Path(settings.BROKER_DIR) / "queue").is_dir()


def _worker_age() -> float | None:
    try:
        return round(time.time() - heartbeat_file().stat().st_mtime, 1)
    except OSError:
        return None
