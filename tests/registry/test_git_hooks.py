"""Webhooks of Git servers: the right secret queues a sync, everything else finds nothing there."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from hub import vault
from hub.actors import Actor
from registry.domain import git_hooks
from registry.models import GitSource, SyncRun
from registry.services import git_sources
from registry.views import git_hooks as views

pytestmark = pytest.mark.django_db
BODY = b'{"ref": "refs/heads/main"}'


@pytest.fixture
def made(acme: Any, owner: Actor) -> git_sources.Connected:
    """A source and its secret."""
    return git_sources.connect(by=owner, namespace=acme, url="https://git.example.com/acme/rules.git")


def signature(secret: str, body: bytes = BODY) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def dated(secret: str, moment: float, body: bytes = BODY) -> dict[str, str]:
    stamp = str(int(moment))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    given = base64.b64encode(hmac.new(key, b"id-1." + stamp.encode() + b"." + body, hashlib.sha256).digest()).decode()
    return {"webhook-id": "id-1", "webhook-timestamp": stamp, "webhook-signature": f"v1,AAAA v1,{given}"}


def deliver(client: Client, source: GitSource, body: bytes = BODY, **headers: str) -> Any:
    return client.post(f"/git/hooks/{source.uid}", body, content_type="application/json", headers=headers)


def test_the_signatures_of_every_server_are_taken(client: Client, made: git_sources.Connected) -> None:
    secret = made.webhook_secret
    for headers in (
        {"X-Hub-Signature-256": f"sha256={signature(secret)}"},
        {"X-Gitea-Signature": signature(secret)},
        {"X-Forgejo-Signature": signature(secret)},
        {"X-Gitlab-Token": secret},
        dated(secret, time.time()),
    ):
        SyncRun.objects.all().delete()
        answer = deliver(client, made.source, **headers)
        assert (answer.status_code, answer.json()) == (202, {"queued": True}), headers
        assert SyncRun.objects.get().trigger == "webhook"


def test_what_is_sent_again_queues_nothing_more(client: Client, made: git_sources.Connected) -> None:
    for _ in range(5):
        assert deliver(client, made.source, **{"X-Gitlab-Token": made.webhook_secret}).status_code == 202
    assert SyncRun.objects.count() == 1


def test_a_bad_signature_looks_like_no_source(client: Client, made: git_sources.Connected) -> None:
    secret = made.webhook_secret
    missing = client.post("/git/hooks/00000000-0000-4000-8000-000000000000", BODY, content_type="application/json")
    for headers in (
        {},
        {"X-Hub-Signature-256": f"sha256={signature('whsec_other')}"},
        {"X-Hub-Signature-256": signature(secret)},
        {"X-Hub-Signature-256": f"sha256={signature(secret, b'other')}"},
        {"X-Gitea-Signature": ""},
        {"X-Gitlab-Token": ""},
        {"X-Gitlab-Token": "caf\u00e9"},
        dated(secret, time.time() - 2 * git_hooks.TOLERANCE),
        dated(secret, time.time(), b"other"),
        {**dated(secret, time.time()), "webhook-timestamp": "\u0661"},
    ):
        answer = deliver(client, made.source, **headers)
        assert answer.status_code == 404, headers
        assert len(answer.content) == len(missing.content)
    assert not SyncRun.objects.exists()


def test_a_new_secret_ends_the_old_one(client: Client, owner: Actor, made: git_sources.Connected) -> None:
    again = git_sources.rotate_secret(by=owner, source=made.source)
    assert again.webhook_secret != made.webhook_secret
    assert vault.unseal(again.source.webhook_secret) == again.webhook_secret
    assert deliver(client, made.source, **{"X-Gitlab-Token": made.webhook_secret}).status_code == 404
    assert deliver(client, made.source, **{"X-Gitlab-Token": again.webhook_secret}).status_code == 202


def test_deliveries_are_bounded_in_size_and_number(
    client: Client, made: git_sources.Connected, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "PER_MINUTE", 3)
    monkeypatch.setattr(views, "REFUSED_PER_MINUTE", 2)
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    headers = {"X-Gitlab-Token": made.webhook_secret}
    assert [deliver(client, made.source, **headers).status_code for _ in range(4)] == [202, 202, 202, 429]
    cache.clear()
    assert [deliver(client, made.source, b"x" * 200, **headers).status_code for _ in range(3)] == [404, 404, 429]


def test_only_posts_are_taken(client: Client, made: git_sources.Connected) -> None:
    assert client.get(f"/git/hooks/{made.source.uid}").status_code == 405


def test_a_source_that_is_off_queues_nothing(client: Client, owner: Actor, made: git_sources.Connected) -> None:
    git_sources.change(by=owner, source=made.source, setup=git_sources.Setup(is_enabled=False))
    answer = deliver(client, made.source, **{"X-Gitlab-Token": made.webhook_secret})
    assert answer.json() == {"queued": False}
    assert not SyncRun.objects.exists()
