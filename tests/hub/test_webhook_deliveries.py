"""Receivers that are down, slow, wrong or hostile: a message arrives at least once, and takes effect once by its id."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core import mail
from django.db import connection
from django.utils import timezone

from hub import outbound
from hub.actors import Actor
from hub.domain import webhooks as domain
from hub.models import AuditEvent, Namespace, Webhook, WebhookDelivery, WebhookTry
from hub.services import webhook_deliveries, webhooks
from tests.hub.together import together
from tests.hub.webhooks import Clock, made, only, tried
from tests.support.receiver import Receiver, receiving

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    """A receiver that the operator has allowed."""
    with receiving() as running:
        settings.WEBHOOK_ALLOWED_HOSTS = [running.host]
        yield running


@pytest.fixture
def hook(owner: Actor, acme: Namespace, receiver: Receiver) -> Webhook:
    """A webhook that has one test message waiting."""
    webhook = made(owner, acme, receiver).webhook
    webhooks.test(by=owner, webhook=webhook)
    return webhook


@pytest.fixture(scope="module")
def self_signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate that nobody has signed but itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")]), timezone.now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = tmp_path_factory.mktemp("tls") / "receiver.pem"
    file.write_bytes(private + certificate.public_bytes(pem))
    return file


def at(webhook: Webhook, url: str) -> None:
    Webhook.objects.filter(id=webhook.id).update(url=url)


def last(webhook: Webhook) -> WebhookTry:
    return WebhookTry.objects.filter(delivery__webhook=webhook).latest("id")


def test_a_receiver_that_is_down_is_tried_eight_times_and_then_no_more(hook: Webhook, receiver: Receiver) -> None:
    receiver.status, clock = 500, Clock()
    waits = []
    for _ in range(domain.MAX_TRIES):
        delivery = tried(hook, clock)
        waits.append(delivery.due_at - clock.now)
    assert tuple(waits[:-1]) == domain.WAITS
    assert delivery.state == "failed"
    assert set(receiver.ids) == {delivery.message_id}
    assert len(receiver.messages) == domain.MAX_TRIES == delivery.log.count()
    assert [one.status for one in delivery.log.all()] == [500] * domain.MAX_TRIES
    clock.forward(days=30)
    assert webhook_deliveries.attempt(delivery.id, clock=clock) is None


def test_nobody_who_listens_is_a_failure_that_is_told(hook: Webhook, settings: Any) -> None:
    settings.WEBHOOK_ALLOWED_HOSTS = ["127.0.0.1"]
    at(hook, "http://127.0.0.1:9/")
    assert tried(hook, Clock()).state == "waiting"
    assert last(hook).error == "127.0.0.1 cannot be reached."
    assert last(hook).status is None


def test_one_that_comes_back_gets_what_waited(hook: Webhook, receiver: Receiver) -> None:
    receiver.status, clock = 503, Clock()
    receiver.headers = {"Retry-After": "90"}
    delivery = tried(hook, clock)
    assert delivery.due_at == clock.now + timedelta(seconds=90)
    assert Webhook.objects.get(id=hook.id).failing_since == clock.now
    assert webhook_deliveries.attempt(delivery.id, clock=clock) is None
    receiver.status = 204
    assert tried(hook, clock).state == "delivered"
    assert Webhook.objects.get(id=hook.id).failing_since is None
    assert len(set(receiver.ids)) == 1


def test_a_redirect_to_a_private_address_is_not_followed(hook: Webhook, receiver: Receiver) -> None:
    with receiving() as private:
        receiver.status, receiver.location = 307, private.url()
        assert tried(hook, Clock()).state == "waiting"
        assert last(hook).status == 307
        assert private.messages == []
    assert len(receiver.messages) == 1


def test_a_name_that_has_come_to_mean_a_private_address_is_refused_at_the_try(
    hook: Webhook, receiver: Receiver, settings: Any
) -> None:
    settings.WEBHOOK_ALLOWED_HOSTS = []
    at(hook, "https://localhost/hook")
    assert tried(hook, Clock()).state == "waiting"
    assert last(hook).error == "localhost is in a private network."
    assert receiver.messages == []


def test_a_certificate_that_is_not_valid_is_not_taken(
    hook: Webhook, settings: Any, tmp_path: Path, self_signed: Path
) -> None:
    with receiving(certificate=self_signed) as dressed_up:
        settings.WEBHOOK_ALLOWED_HOSTS = [dressed_up.host]
        at(hook, f"https://{dressed_up.host}/hook")
        assert tried(hook, Clock()).state == "waiting"
        assert last(hook).error == "The certificate of 127.0.0.1 is not valid."
        assert dressed_up.messages == []


def test_of_a_huge_answer_a_little_is_read(hook: Webhook, receiver: Receiver) -> None:
    at(hook, receiver.url("/huge"))
    assert tried(hook, Clock()).state == "delivered"
    assert len(last(hook).response_body) == webhook_deliveries.KEEP_BYTES


@pytest.mark.parametrize("path", ["/slow", "/hang"])
def test_a_receiver_that_does_not_answer_is_given_up_in_time(
    hook: Webhook, receiver: Receiver, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_deliveries, "TIMEOUT", 0.2)
    at(hook, receiver.url(path))
    assert tried(hook, Clock()).state == "waiting"
    assert last(hook).error == "127.0.0.1 took too long."
    assert 150 <= last(hook).duration_ms < 5000


def test_the_log_keeps_no_credential_of_the_receiver(hook: Webhook, receiver: Receiver) -> None:
    receiver.headers = {"Set-Cookie": "session=planted", "X-Trace": "t" * 900}
    tried(hook, Clock())
    kept = last(hook).response_headers
    assert "planted" not in str(kept)
    assert len(kept["x-trace"]) == 200


def test_a_receiver_that_wants_no_more_is_switched_off_and_its_managers_hear_of_it(
    hook: Webhook, receiver: Receiver, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    receiver.status, settings.MAIL_HOST = 410, "mail.example"
    with django_capture_on_commit_callbacks(execute=True):
        tried(hook, Clock())
    webhook = Webhook.objects.get(id=hook.id)
    assert not webhook.is_enabled
    assert "410" in webhook.disabled_reason
    assert sorted(one.to[0] for one in mail.outbox) == ["adam@example.com", "olga@example.com"]
    assert receiver.url() in mail.outbox[0].body
    event = AuditEvent.objects.first()
    assert event is not None
    assert (event.action, event.actor_label) == ("hub.webhook.disable", "the hub")
    assert only(hook).state == "waiting"


def test_days_of_failure_switch_a_webhook_off(hook: Webhook, receiver: Receiver, owner: Actor) -> None:
    receiver.status, clock = 500, Clock()
    tried(hook, clock)
    clock.forward(days=4)
    tried(hook, clock)
    assert Webhook.objects.get(id=hook.id).is_enabled
    clock.forward(days=1)
    tried(hook, clock)
    off = Webhook.objects.get(id=hook.id)
    assert not off.is_enabled
    on = webhooks.update(by=owner, webhook=off, url=off.url, events=off.events, description="", is_enabled=True)
    assert (on.failing_since, on.disabled_reason) == (None, "")


def test_a_message_whose_event_is_no_longer_kept_is_given_up(hook: Webhook) -> None:
    now = timezone.now()
    lost = WebhookDelivery.objects.create(webhook=hook, event_id=10**9, event_type="x", due_at=now, created_at=now)
    assert webhook_deliveries.attempt(lost.id) is None
    lost.refresh_from_db()
    assert lost.state == "failed"


def test_a_claim_that_is_over_takes_nothing_back(hook: Webhook) -> None:
    first, now = only(hook), timezone.now()
    one = webhook_deliveries.claim(first.id, now=now)
    assert one is not None
    assert webhook_deliveries.claim(first.id, now=now + timedelta(seconds=59)) is None
    two = webhook_deliveries.claim(first.id, now=now + timedelta(seconds=61))
    assert two is not None
    webhook_deliveries.settle(one, webhook_deliveries.Outcome(now, 5, 500, "Slow."))
    assert only(hook).state == "sending"
    webhook_deliveries.settle(two, webhook_deliveries.Outcome(now, 5, 200))
    assert only(hook).state == "delivered"
    webhook_deliveries.settle(one, webhook_deliveries.Outcome(now, 5, 500, "Slow."))
    assert only(hook).state == "delivered"


def test_the_log_is_pruned(hook: Webhook) -> None:
    assert webhook_deliveries.prune(before=timezone.now() - timedelta(days=30)) == 0
    assert webhook_deliveries.prune(before=timezone.now() + timedelta(seconds=1)) == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_a_message_once(hook: Webhook, receiver: Receiver) -> None:
    number = only(hook).id
    found = together(*[lambda: webhook_deliveries.attempt(number)] * 4)
    assert len(receiver.messages) == 1
    assert sum(one is not None for one in found) == 1
    assert not [one for one in found if isinstance(one, Exception)]


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_send_everything_once(hook: Webhook, receiver: Receiver, owner: Actor) -> None:
    for _ in range(9):
        webhooks.test(by=owner, webhook=hook)
    together(webhook_deliveries.deliver_due, webhook_deliveries.deliver_due)
    webhook_deliveries.deliver_due()
    assert len(receiver.messages) == len(set(receiver.ids)) == 10
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {"delivered"}
    assert receiver.open_most <= webhook_deliveries.PER_WEBHOOK


@pytest.mark.django_db(transaction=True)
def test_a_slow_receiver_holds_up_only_itself(
    owner: Actor, acme: Namespace, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_deliveries, "TIMEOUT", 20.0)
    slow, quick = made(owner, acme, receiver, "/slow").webhook, made(owner, acme, receiver, "/hook").webhook
    for webhook in (slow, quick):
        for _ in range(20):
            webhooks.test(by=owner, webhook=webhook)
    run = threading.Thread(target=lambda: _run(5.0))
    run.start()
    for _ in range(20 + webhook_deliveries.PER_WEBHOOK):
        assert receiver.arrived.acquire(timeout=20)
    # All of the quick ones have arrived while two slow ones still wait for their answer, and no third was begun.
    paths = [path for path, _, _ in receiver.messages]
    assert (paths.count("/hook"), paths.count("/slow")) == (20, webhook_deliveries.PER_WEBHOOK)
    receiver.go_on.set()
    run.join()
    assert WebhookDelivery.objects.filter(state="delivered").count() == 40


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_leaves_nothing_undone(hook: Webhook, receiver: Receiver) -> None:
    at(hook, receiver.url("/hang"))
    delivery = only(hook)
    with _worker(delivery.id, receiver) as worker:
        arrived = receiver.arrived.acquire(timeout=60)
        worker.send_signal(signal.SIGKILL)
    assert arrived
    clock = Clock()
    assert only(hook).state == "sending"
    assert webhook_deliveries.due(clock()) == []
    clock.now = only(hook).due_at
    assert webhook_deliveries.due(clock()) == [delivery.id]
    at(hook, receiver.url())
    assert tried(hook, clock).state == "delivered"
    assert receiver.ids == [delivery.message_id] * 2


def test_what_comes_back_is_told_whatever_its_status(receiver: Receiver) -> None:
    receiver.status = 418
    answer = outbound.post(receiver.url(), b"{}", headers={"X-A": "b"}, allowed_hosts=[receiver.host])
    assert (answer.status, answer.body) == (418, b"thanks")
    assert receiver.messages[0][1]["x-a"] == "b"
    with pytest.raises(outbound.Refused):
        outbound.post(receiver.url(), b"{}", headers={})


def _run(seconds: float) -> None:
    try:
        webhook_deliveries.deliver_due(seconds)
    finally:
        connection.close()


def _worker(delivery_id: int, receiver: Receiver) -> subprocess.Popen[bytes]:
    """A process of its own that sends one delivery."""
    where = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    code = (
        "import django; django.setup()\n"
        "from hub.services import webhook_deliveries\n"
        f"webhook_deliveries.attempt({delivery_id})\n"
    )
    environment = {
        **os.environ,
        "DATABASE_URL": where,
        "DJANGO_SETTINGS_MODULE": "hub.settings",
        "HUB_WEBHOOK_ALLOWED_HOSTS": receiver.host,
    }
    return subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=environment)
