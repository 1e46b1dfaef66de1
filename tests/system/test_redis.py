"""A hub with a Redis server of its own: cache, limits and background work go through it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest
import redis

from tests.support import needs
from tests.system import hub as hubs

pytestmark = pytest.mark.redis

LIMIT = 3


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis server on a port of its own that keeps nothing."""
    port = str(hubs.free_port())
    options = ["--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    options += ["--dir", str(tmp_path_factory.mktemp("redis"))]
    with subprocess.Popen([needs.redis_server(), *options], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        assert any("Ready to accept connections" in line for line in server.stdout), "the Redis server did not start"
        yield f"redis://127.0.0.1:{port}/0"
        server.terminate()
        server.communicate()


@pytest.fixture(scope="module")
def stored(redis_url: str) -> Iterator[redis.Redis]:
    """What the hub has put into Redis."""
    with redis.Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture(scope="module")
def hub(redis_url: str) -> Iterator[hubs.Hub]:
    """A hub that uses it, with a low limit for anonymous calls."""
    with hubs.running(REDIS_URL=redis_url, HUB_API_ANONYMOUS_RATE_PER_MINUTE=str(LIMIT)) as running:
        yield running


def test_readiness_asks_redis(hub: hubs.Hub, stored: redis.Redis) -> None:
    answer = hub.api("GET", "/readyz")

    assert answer.status == 200, answer.text
    assert answer.json()["checks"] == {"database": True, "migrations": True, "cache": True, "broker": True}
    assert stored.exists("hub:1:readyz")


def test_calls_are_counted_in_redis_and_refused_above_the_limit(hub: hubs.Hub, stored: redis.Redis) -> None:
    # A minute may end between two calls, so there are more of them than two minutes allow.
    answers = [hub.api("GET", "packages") for _ in range(2 * LIMIT + 1)]

    refused = next(answer for answer in answers if answer.status == 429)
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert int(refused.headers["Retry-After"]) <= 60
    assert "r=0;" in refused.headers["RateLimit"]
    assert any(stored.scan_iter(b"hub:1:rate:ip:127.0.0.1:*"))


def test_a_task_reaches_the_worker_through_redis(hub: hubs.Hub, stored: redis.Redis) -> None:
    hub.queue_task("hub.tasks.heartbeat")

    hub.wait_for_worker()

    assert stored.exists("_kombu.binding.celery")
    assert not any((hub.data_dir / "broker" / "queue").iterdir())
