"""Domains: claimed, proved by a record or a file, looked for again, and lost after a while."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from hub import dns_records, outbound, tasks
from hub.actors import ANONYMOUS, Actor
from hub.domain.decisions import PermissionRefused
from hub.models import AuditEvent, DomainProof, Namespace, Organization
from hub.policies.namespaces import verified
from hub.services import domains, organization_life
from registry.models import Package
from tests.hub.together import together
from tests.support import dns_server
from tests.support.dns_server import DnsServer

type Api = Callable[..., Any]

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
RECORD = "_assistant-hub.acme.example"


@pytest.fixture
def dns(settings: Any) -> Iterator[DnsServer]:
    """The only DNS server that the hub asks here."""
    with dns_server.running() as server:
        settings.DNS_SERVERS = [server.address]
        yield server


class Handler(BaseHTTPRequestHandler):
    """Serves the well-known file that its server holds."""

    def do_GET(self) -> None:
        server: Any = self.server
        server.asked.append(self.path)
        self.send_response(302 if server.elsewhere else 200)
        if server.elsewhere:
            self.send_header("Location", "/good")
        self.end_headers()
        self.wfile.write(server.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing to say."""


@pytest.fixture
def website(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The web server of acme.example, on the loopback; its TLS is left out, all other rules of fetching hold."""
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.body, server.asked, server.elsewhere = b"{}", [], False
    host = f"127.0.0.1:{server.server_port}"
    real = outbound.fetch_json

    def fetch(url: str) -> dict[str, Any]:
        assert url.startswith("https://acme.example/"), url
        return real(url.replace("https://acme.example", f"http://{host}"), allowed_hosts=[host])

    monkeypatch.setattr(outbound, "fetch_json", fetch)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def proof(owner: Actor, organization: Organization) -> DomainProof:
    """acme's claim to acme.example."""
    return domains.claim(by=owner, organization=organization, name="Acme.Example")


def shown_in(dns: DnsServer, proof: DomainProof) -> None:
    dns.records[RECORD] = ["v=spf1 -all", f"assistant-hub-verification={proof.token}"]


def look(by: Actor, proof: DomainProof) -> DomainProof:
    cache.clear()
    return domains.check(by=by, proof=proof)


def is_verified() -> bool:
    return Namespace.objects.filter(verified(), slug="acme").exists()


def events() -> list[str]:
    return list(
        AuditEvent.objects.filter(action__startswith="hub.domain").order_by("id").values_list("action", flat=True)
    )


def test_a_record_proves_a_domain(
    dns: DnsServer, website: Any, owner: Actor, proof: DomainProof, client: Client, api: Api, build_package: Any
) -> None:
    build_package("style", "1.0.0")
    found = look(owner, proof)
    assert found.verified_at is None
    assert found.last_error == "The DNS has no such record. The file does not have the token."
    assert not is_verified()
    for address in ("/acme", "/acme/style", "/search?q=style"):
        page = client.get(address).content.decode()
        assert "Verified" not in page
        assert "acme.example" not in page, "a claim alone is nobody's business"
    assert api("get", "packages/acme/style").json()["namespace_verified"] is False

    shown_in(dns, proof)
    found = look(owner, proof)
    assert (found.method, found.last_error) == ("dns", "")
    assert is_verified()
    assert "acme.example" in client.get("/acme").content.decode()
    for address in ("/acme", "/acme/style", "/search?q=style"):
        assert "Verified" in client.get(address).content.decode(), address
    assert api("get", "packages/acme/style").json()["namespace_verified"] is True
    assert Package.objects.filter(verified("namespace__")).get().name == "style"
    assert events() == ["hub.domain.create", "hub.domain.miss", "hub.domain.verify"]


def test_a_file_proves_a_domain_where_the_dns_says_nothing(
    dns: DnsServer, website: Any, owner: Actor, proof: DomainProof
) -> None:
    website.body = json.dumps({"verification": ["another", proof.token]}).encode()
    dns.failing.add(RECORD)
    assert look(owner, proof).method == "file"
    assert website.asked == ["/.well-known/assistant-hub.json"]


@pytest.mark.parametrize("body", [b"", b"[]", b"no json", b'{"verification": "x"}', b"{" * 5000, b"x" * 300_000])
def test_a_file_that_is_something_else_proves_nothing(
    dns: DnsServer, website: Any, owner: Actor, proof: DomainProof, body: bytes
) -> None:
    website.body = body
    found = look(owner, proof)
    assert found.verified_at is None
    assert found.last_error


def test_a_file_elsewhere_proves_nothing(dns: DnsServer, website: Any, owner: Actor, proof: DomainProof) -> None:
    website.elsewhere, website.body = True, json.dumps({"verification": proof.token}).encode()
    assert "status 302" in look(owner, proof).last_error
    assert website.asked == ["/.well-known/assistant-hub.json"], "a redirect is not followed"


def test_a_domain_that_points_into_our_network_is_not_fetched_from(
    dns: DnsServer, owner: Actor, proof: DomainProof, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answer)
    assert "private network" in look(owner, proof).last_error


def test_another_namespaces_token_proves_nothing(
    dns: DnsServer, website: Any, owner: Actor, proof: DomainProof, build_user: Any
) -> None:
    from hub.services import organizations

    eve = Actor(build_user("eve"))
    evil = organizations.create(by=eve, slug="acme-inc", name="Acme")
    other = domains.claim(by=eve, organization=evil, name="acme.example")
    assert other.token != proof.token
    shown_in(dns, proof)
    assert look(eve, other).verified_at is None
    assert look(owner, proof).verified_at is not None
    assert not Namespace.objects.filter(verified(), slug="acme-inc").exists()


def test_a_proof_may_be_missing_for_a_while_and_then_counts_no_more(
    dns: DnsServer, website: Any, owner: Actor, proof: DomainProof
) -> None:
    shown_in(dns, proof)
    look(owner, proof)
    since = Namespace.objects.get(slug="acme").verified_at
    assert not domains.due().exists()
    dns.records.clear()

    def sweep(missing: timedelta) -> DomainProof:
        rows = DomainProof.objects.filter(id=proof.id)
        rows.update(checked_at=timezone.now() - timedelta(hours=7))
        rows.exclude(missing_since=None).update(missing_since=timezone.now() - missing)
        tasks.check_domains()
        return rows.get()

    row = sweep(timedelta())
    assert row.missing_since is not None
    assert is_verified()
    row = sweep(timedelta(days=2, hours=23))
    assert is_verified()
    shown_in(dns, proof)
    row = sweep(timedelta(days=2, hours=23))
    assert (row.missing_since, row.last_error) == (None, "")
    assert Namespace.objects.get(slug="acme").verified_at == since
    dns.records.clear()
    sweep(timedelta())
    row = sweep(timedelta(days=3, minutes=1))
    assert (row.verified_at, row.method, row.missing_since) == (None, "", None)
    assert not is_verified()
    assert not domains.due().exists(), "what is not proved is looked for when somebody asks"
    last = AuditEvent.objects.filter(action="hub.domain.expire").get()
    assert (last.actor_label, last.data["domain"]) == ("the hub", "acme.example")


def test_with_several_domains_one_is_enough(
    dns: DnsServer, website: Any, owner: Actor, organization: Organization, proof: DomainProof
) -> None:
    second = domains.claim(by=owner, organization=organization, name="acme.net")
    shown_in(dns, proof)
    dns.records["_assistant-hub.acme.net"] = [f"assistant-hub-verification={second.token}"]
    look(owner, proof)
    look(owner, second)
    namespace = Namespace.objects.get(slug="acme")
    assert domains.of_namespace(namespace) == ["acme.example", "acme.net"]
    domains.release(by=owner, proof=proof)
    assert is_verified()
    domains.release(by=owner, proof=second)
    assert not is_verified()
    with pytest.raises(domains.Gone):
        domains.release(by=owner, proof=second)
    with pytest.raises(domains.Gone):
        look(owner, second)


def test_only_who_runs_the_organization_claims(
    organization: Organization, proof: DomainProof, owner: Actor, member: Actor, stranger: Actor
) -> None:
    for actor in (member, stranger, ANONYMOUS):
        for deed in (
            lambda by: domains.claim(by=by, organization=organization, name="acme.net"),
            lambda by: domains.check(by=by, proof=proof),
            lambda by: domains.release(by=by, proof=proof),
        ):
            with pytest.raises(PermissionRefused):
                deed(actor)
    assert events() == ["hub.domain.create"]


def test_a_domain_is_claimed_once_and_only_so_many(
    api: Api,
    organization: Organization,
    proof: DomainProof,
    owner: Actor,
    monkeypatch: pytest.MonkeyPatch,
    client: Client,
) -> None:
    secret = {"Authorization": f"Bearer {_admin_token(owner)}"}

    def post(domain: str) -> Any:
        address = "/api/v1/organizations/acme/domains"
        return client.post(address, {"domain": domain}, content_type="application/json", headers=secret)

    assert post("ACME.example").json()["type"].endswith(":domain_claimed")
    assert post("10.0.0.1").json()["type"].endswith(":domain_invalid")
    monkeypatch.setattr(domains, "MOST", 2)
    made = post("acme.net")
    assert made.status_code == 201
    assert made.json()["dns_name"] == "_assistant-hub.acme.net"
    assert post("acme.org").json()["type"].endswith(":too_many")
    listed = client.get("/api/v1/organizations/acme/domains", headers=secret).json()["items"]
    assert [one["domain"] for one in listed] == ["acme.example", "acme.net"]
    gone = client.delete(f"/api/v1/organizations/acme/domains/{made.json()['id']}", headers=secret)
    assert gone.status_code == 204


def _admin_token(owner: Actor) -> str:
    from hub.services import tokens

    return tokens.create(by=owner, name="admin", scopes=("read", "admin")).secret


def test_looking_is_slowed_down(dns: DnsServer, website: Any, owner: Actor, proof: DomainProof) -> None:
    look(owner, proof)
    with pytest.raises(domains.TooSoon):
        domains.check(by=owner, proof=proof)
    assert dns.asked == [RECORD]


def test_the_pages_show_what_to_do_and_do_it(
    dns: DnsServer, website: Any, client: Client, owner: Actor, organization: Organization
) -> None:
    client.force_login(owner.user, backend=BACKEND)
    address = "/organizations/acme/domains"
    assert "No domain yet" in client.get(address).content.decode()
    assert client.post(address, {"domain": "https://acme.example/"}).status_code == 422
    assert client.post(address, {"domain": "acme.example"}).status_code == 302
    assert client.post(address, {"domain": "acme.example"}).status_code == 422
    proof = DomainProof.objects.get()
    page = client.get(address).content.decode()
    assert f"assistant-hub-verification={proof.token}" in page
    assert "https://acme.example/.well-known/assistant-hub.json" in page
    missed = client.post(f"{address}/{proof.id}/check", follow=True).content.decode()
    assert "The DNS has no such record." in missed
    shown_in(dns, proof)
    cache.clear()
    assert "acme.example is proved." in client.post(f"{address}/{proof.id}/check", follow=True).content.decode()
    assert client.get(f"{address}/{proof.id}/remove").status_code == 200
    assert client.post(f"{address}/{proof.id}/remove").status_code == 302
    assert not is_verified()


def test_a_deleted_organization_is_not_looked_after(
    dns: DnsServer, website: Any, owner: Actor, organization: Organization, proof: DomainProof
) -> None:
    shown_in(dns, proof)
    look(owner, proof)
    DomainProof.objects.update(checked_at=timezone.now() - timedelta(days=1))
    assert domains.due().exists()
    organization_life.delete(by=owner, organization=organization)
    assert not domains.due().exists()


def test_the_dns_is_asked_for_one_name_and_its_troubles_have_words(dns: DnsServer, settings: Any) -> None:
    dns.records["a.example"] = []
    assert dns_records.text_records("a.example") == []
    assert dns_records.text_records("b.example") == []
    dns.failing.add("c.example")
    with pytest.raises(dns_records.Failed, match="cannot answer"):
        dns_records.text_records("c.example")
    assert set(dns.asked) == {"a.example", "b.example", "c.example"}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        settings.DNS_SERVERS = [f"127.0.0.1:{silent.getsockname()[1]}"]
        with pytest.MonkeyPatch.context() as faster:
            faster.setattr(dns_records, "TIMEOUT", 0.2)
            with pytest.raises(dns_records.Failed, match="in time"):
                dns_records.text_records("a.example")


@pytest.mark.django_db(transaction=True)
def test_two_looks_and_two_claims_at_once(
    dns: DnsServer, website: Any, owner: Actor, admin: Actor, organization: Organization
) -> None:
    results = together(
        *(lambda by=by: domains.claim(by=by, organization=organization, name="acme.example") for by in (owner, admin))
    )
    assert sorted(type(one).__name__ for one in results) == ["Claimed", "DomainProof"]
    proof = DomainProof.objects.select_related("namespace__organization").get()
    shown_in(dns, proof)
    task = Actor(source="task")
    results = together(*[lambda: domains.recheck(by=task, proof=proof)] * 2)
    assert [type(one).__name__ for one in results] == ["DomainProof"] * 2, results
    assert events().count("hub.domain.verify") == 1
    results = together(*[lambda: domains.release(by=owner, proof=proof)] * 2)
    assert sorted(type(one).__name__ for one in results) == ["Gone", "NoneType"]
    assert not is_verified()
