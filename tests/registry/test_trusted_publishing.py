"""Trusted publishing: which identity tokens are taken, for what, and what their tokens may do."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client
from django.utils import timezone

from hub import id_tokens
from hub.actors import Actor
from hub.domain.decisions import PermissionRefused
from hub.models import ApiToken, AuditEvent, Organization
from registry import tasks
from registry.domain.publishers import InvalidPublisher
from registry.models import Package, PublishingToken, Release, TrustedPublisher, UsedIdentityToken
from registry.services import packages, publishers, transfers
from tests.conftest import RULE
from tests.hub.test_organizations import browser_of
from tests.hub.together import together
from tests.support.issuer import Issuer, running

AUDIENCE = "http://testserver"
CANARY = "canary-3f9a"


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Issuer, Issuer]]:
    """Two issuers."""
    with running() as first, running() as second:
        yield first, second


@pytest.fixture
def github(servers: tuple[Issuer, Issuer], settings: Any) -> Issuer:
    settings.TRUSTED_ISSUERS = [issuer.url for issuer in servers]
    id_tokens.forget_keys()
    return servers[0]


@pytest.fixture
def other(servers: tuple[Issuer, Issuer]) -> Issuer:
    return servers[1]


@pytest.fixture
def style(build_package: Any) -> Package:
    return Package.objects.select_related("namespace").get(id=build_package("style", "1.0.0").id)


@pytest.fixture
def trusted(github: Issuer, style: Package, owner: Actor) -> TrustedPublisher:
    return publishers.add(
        by=owner,
        package=style,
        provider="github",
        issuer=github.url,
        repository="Acme/rules",
        workflow="release.yml",
        environment="release",
    )


def of_github(**changes: Any) -> dict[str, Any]:
    """What a job of acme/rules claims."""
    claims = {
        "aud": AUDIENCE,
        "sub": "repo:acme/rules:environment:release",
        "repository": "acme/rules",
        "repository_owner": "acme",
        "repository_id": "101",
        "workflow_ref": "acme/rules/.github/workflows/release.yml@refs/tags/v2.0.0",
        "job_workflow_ref": "acme/rules/.github/workflows/release.yml@refs/tags/v2.0.0",
        "environment": "release",
        "ref": "refs/tags/v2.0.0",
        "sha": "c0ffee" * 6,
        "run_id": "4711",
        "actor": CANARY,
        "jti": f"{CANARY}-{time.monotonic_ns()}",
    }
    return claims | changes


def exchange(token: str, package: str = "acme/style") -> Any:
    return Client().post(
        "/api/v1/trusted-publishing/token", {"token": token, "package": package}, content_type="application/json"
    )


def publish(secret: str, version: str = "2.0.0", package: str = "acme/style") -> Any:
    manifest = RULE.format(title="style", version=version, text="By CI.")
    return Client().post(
        f"/api/v1/packages/{package}/releases",
        {"version": version, "manifest": manifest},
        content_type="application/json",
        headers={"Authorization": f"Bearer {secret}"},
    )


def code_of(answer: Any) -> str:
    return str(answer.json()["type"].rpartition(":")[2])


# --- a job publishes


def test_a_job_publishes_and_the_release_shows_it(github: Issuer, trusted: TrustedPublisher, owner: Actor) -> None:
    got = exchange(github.token(of_github()))
    assert (got.status_code, got.json()["package"]) == (201, "acme/style")
    assert "no-store" in got["Cache-Control"]

    made = publish(got.json()["token"])

    assert made.status_code == 201
    origin = made.json()["published_from"]
    assert (origin["provider"], origin["repository"], origin["workflow"]) == ("github", "acme/rules", "release.yml")
    page = browser_of(owner.user).get("/acme/style/releases/2.0.0").content.decode()
    assert "acme/rules" in page
    assert "c0ffeec0ffee" in page
    event = AuditEvent.objects.filter(action="registry.release.publish").latest("id")
    assert event.actor_label == "github:acme/rules@release.yml"
    assert event.data["published_from"]["sha"] == "c0ffee" * 6
    trusted.refresh_from_db()
    assert trusted.repository_id == "101"
    assert trusted.last_used_at is not None


def test_a_job_of_gitlab(github: Issuer, style: Package, owner: Actor) -> None:
    publishers.add(
        by=owner,
        package=style,
        provider="gitlab",
        issuer=github.url,
        repository="group/sub/rules",
        workflow=".gitlab-ci.yml",
    )
    host = github.url.removeprefix("http://")
    claims = {
        "aud": AUDIENCE,
        "project_path": "group/sub/rules",
        "project_id": 7,
        "ci_config_ref_uri": f"{host}/group/sub/rules//.gitlab-ci.yml@refs/heads/main",
        "job_id": "9",
    }
    assert exchange(github.token({**claims, "project_path": "other/rules"})).status_code == 403
    foreign = {**claims, "ci_config_ref_uri": f"{host}/other/rules//.gitlab-ci.yml@refs/heads/main"}
    assert exchange(github.token(foreign)).status_code == 403
    assert exchange(github.token(claims)).status_code == 201


def test_a_job_of_another_issuer_is_known_by_its_subject(github: Issuer, style: Package, owner: Actor) -> None:
    publishers.add(by=owner, package=style, provider="generic", issuer=github.url, repository="job:release")
    assert exchange(github.token({"aud": AUDIENCE, "sub": "job:test"})).status_code == 403
    got = exchange(github.token({"aud": AUDIENCE, "sub": "job:release"}))
    assert publish(got.json()["token"]).json()["published_from"] == {"provider": "generic", "repository": "job:release"}


def test_into_a_private_package(github: Issuer, trusted: TrustedPublisher, style: Package, owner: Actor) -> None:
    packages.update(by=owner, package=style, visibility="private", summary="")
    assert publish(exchange(github.token(of_github())).json()["token"]).status_code == 201


def test_a_key_on_a_curve_and_a_new_key(
    github: Issuer, trusted: TrustedPublisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(id_tokens, "REFETCH_AFTER", -1)
    assert exchange(github.token(of_github())).status_code == 201
    github.add_key("curve", curve=True)
    assert exchange(github.token(of_github(), key_id="curve")).status_code == 201


# --- what is refused


@pytest.mark.parametrize(
    "changes",
    [
        {"repository": "acme/other", "workflow_ref": "acme/other/.github/workflows/release.yml@x"},
        {"repository": "evil/rules", "repository_owner": "evil"},
        {"repository": "acme/rules", "repository_owner": "evil"},
        {"job_workflow_ref": "acme/rules/.github/workflows/test.yml@refs/heads/main"},
        {"job_workflow_ref": "evil/rules/.github/workflows/release.yml@refs/heads/main"},
        {"job_workflow_ref": "acme/rules-evil/.github/workflows/release.yml@refs/heads/main"},
        {"environment": "test"},
        {"environment": None},
        {"repository_id": None},
        {"repository": ["acme/rules"]},
        {"repository": "acme/rules\n"},
    ],
    ids=str,
)
def test_another_job_is_told_nothing_but_its_own_claims(
    github: Issuer, trusted: TrustedPublisher, changes: dict[str, Any]
) -> None:
    claims = of_github(**changes)
    answers = [exchange(github.token(claims), package) for package in ("acme/style", "acme/none", "no/none", "x")]
    assert {(answer.status_code, answer.content) for answer in answers} == {(403, answers[0].content)}
    assert code_of(answers[0]) == "no_trusted_publisher"
    assert not ApiToken.objects.filter(kind="publishing").exists()


def test_a_package_that_is_private_or_trusts_nobody_answers_like_none(
    github: Issuer, trusted: TrustedPublisher, build_package: Any
) -> None:
    build_package("secret", "1.0.0", visibility="private")
    claims = of_github()
    answers = [exchange(github.token(claims), package).content for package in ("acme/secret", "acme/nothing")]
    assert answers[0] == answers[1]


def test_who_takes_a_freed_repository_name_is_somebody_else(github: Issuer, trusted: TrustedPublisher) -> None:
    assert exchange(github.token(of_github())).status_code == 201
    assert code_of(exchange(github.token(of_github(repository_id="202")))) == "no_trusted_publisher"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"aud": "https://registry.example"}, 401),
        ({"aud": [AUDIENCE, "https://registry.example"]}, 401),
        ({"aud": f"{AUDIENCE}/"}, 401),
        ({"aud": None}, 401),
        ({"exp": None}, 401),
        ({"iat": None}, 401),
        # Times are seconds from now.
        ({"exp": -30}, 201),
        ({"exp": -400}, 401),
        ({"nbf": 30}, 201),
        ({"nbf": 400}, 401),
        ({"iat": 400}, 401),
        ({"iat": -3600, "exp": 3600}, 401),
        ({"exp": "soon"}, 401),
    ],
    ids=str,
)
def test_audience_and_times(github: Issuer, trusted: TrustedPublisher, changes: dict[str, Any], status: int) -> None:
    now = int(time.time())
    changes = {name: now + value if isinstance(value, int) else value for name, value in changes.items()}
    assert exchange(github.token(of_github(**changes))).status_code == status


def test_an_issuer_signs_for_itself_alone(github: Issuer, other: Issuer, trusted: TrustedPublisher) -> None:
    stolen = other.token(of_github(iss=github.url))
    assert code_of(exchange(stolen)) == "identity_token_invalid"
    own = other.token(of_github())
    assert code_of(exchange(own)) == "no_trusted_publisher", "the same names, signed by another issuer"
    unknown = other.token(of_github(iss="http://127.0.0.1:1"))
    assert code_of(exchange(unknown)) == "identity_token_invalid"


def test_no_token_chooses_how_it_is_checked(github: Issuer, trusted: TrustedPublisher) -> None:
    public = github.keys["first"].public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    claims = {**of_github(), "iss": github.url, "iat": int(time.time()), "exp": int(time.time()) + 60}
    # PyJWT itself refuses to sign so; an attacker does not.
    confused = jwt.api_jws.PyJWS()
    confused._algorithms["HS256"].prepare_key = lambda key: key  # type: ignore[method-assign]  # as an attacker would
    forged = confused.encode(json.dumps(claims).encode(), pem, algorithm="HS256", headers={"kid": "first"})
    mine = rsa.generate_private_key(65537, 2048)
    for token in (
        github.unsigned(of_github()),
        forged,
        github.token(of_github(), key=mine),
        github.token(of_github(), key=mine, jku=f"{github.url}/keys"),
        github.token(of_github(), key=mine, jwk=github.published()[0]),
        github.token(of_github(), key=mine, key_id="unknown"),
        "not.a.token",
        "",
        "e30.e30.e30",
    ):
        assert exchange(token).status_code in (400, 401), token[:30]
    assert not ApiToken.objects.filter(kind="publishing").exists()


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")  # what the test is about
def test_a_short_key_is_none(github: Issuer, trusted: TrustedPublisher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(id_tokens, "REFETCH_AFTER", -1)
    github.add_key("short", bits=1024)
    assert exchange(github.token(of_github(), key_id="short")).status_code == 401
    del github.keys["short"]


def test_keys_are_fetched_rarely(github: Issuer, trusted: TrustedPublisher) -> None:
    github.asked.clear()
    for number in range(5):
        exchange(github.token(of_github(), key=rsa.generate_private_key(65537, 2048), key_id=f"unknown{number}"))
    assert github.asked == ["/.well-known/openid-configuration", "/keys"]


def test_an_issuer_that_is_down_or_says_it_is_another(
    github: Issuer, trusted: TrustedPublisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(github, "is_down", True)
    assert exchange(github.token(of_github())).status_code == 503
    monkeypatch.setattr(github, "is_down", False)
    for wrong in ({"issuer": "https://evil.example"}, {"jwks_uri": "http://169.254.169.254/keys"}, {"jwks_uri": None}):
        id_tokens.forget_keys()
        monkeypatch.setattr(github, "discovery", {**github.discovery, **wrong})
        assert exchange(github.token(of_github())).status_code == 503
        monkeypatch.undo()


# --- once


def test_a_token_works_once(github: Issuer, trusted: TrustedPublisher) -> None:
    token = github.token(of_github())
    assert exchange(token).status_code == 201
    assert code_of(exchange(token)) == "identity_token_used"
    nameless = github.token(of_github(jti=None))
    assert [exchange(nameless).status_code for _ in range(2)] == [201, 401]


def test_of_one_id_there_is_one_token(github: Issuer, trusted: TrustedPublisher) -> None:
    claims = of_github()
    assert exchange(github.token(claims)).status_code == 201
    assert exchange(github.token({**claims, "exp": int(time.time()) + 200})).status_code == 401


@pytest.mark.django_db(transaction=True)
def test_of_two_exchanges_at_once_one_wins(github: Issuer, trusted: TrustedPublisher) -> None:
    token = github.token(of_github())
    assert sorted(answer.status_code for answer in together(*[lambda: exchange(token)] * 2)) == [201, 401]  # type: ignore[attr-defined]  # responses
    assert ApiToken.objects.filter(kind="publishing").count() == 1


def test_what_was_used_is_forgotten_after_its_time(github: Issuer, trusted: TrustedPublisher) -> None:
    exchange(github.token(of_github()))
    tasks.forget_used_identity_tokens()
    assert UsedIdentityToken.objects.count() == 1
    UsedIdentityToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    tasks.forget_used_identity_tokens()
    assert not UsedIdentityToken.objects.exists()


# --- what the token may do


def test_the_token_publishes_in_one_package_and_does_nothing_else(
    github: Issuer, trusted: TrustedPublisher, build_package: Any
) -> None:
    build_package("other", "1.0.0")
    build_package("secret", "1.0.0", visibility="private")
    secret = exchange(github.token(of_github())).json()["token"]
    bearer = {"Authorization": f"Bearer {secret}"}
    client = Client()

    assert publish(secret, package="acme/other").status_code == 403
    assert publish(secret, package="acme/secret").status_code == 404
    for method, path, body, status in (
        ("delete", "packages/acme/style", None, 403),
        ("post", "packages/acme/style/releases/1.0.0/yank", {"reason": "r"}, 403),
        ("get", "packages/acme/style/grants", None, 403),
        ("post", "packages", {"namespace": "acme", "name": "new", "kind": "rule"}, 404),
        ("get", "me", None, 401),
        ("get", "organizations", None, 401),
        ("get", "transfers", None, 401),
        ("get", "organizations/acme", None, 404),
    ):
        answer = getattr(client, method)(f"/api/v1/{path}", body, content_type="application/json", headers=bearer)
        assert answer.status_code == status, (path, answer.content)
    assert publish(secret).status_code == 201


def test_the_token_ends_after_a_quarter_of_an_hour(github: Issuer, trusted: TrustedPublisher) -> None:
    secret = exchange(github.token(of_github())).json()["token"]
    life = ApiToken.objects.get(kind="publishing").expires_at - timezone.now()  # type: ignore[operator]  # it has an end
    assert timedelta(minutes=14) < life <= timedelta(minutes=15)
    ApiToken.objects.filter(kind="publishing").update(expires_at=timezone.now())
    assert publish(secret).status_code == 401


@pytest.mark.parametrize("end", ["remove", "transfer", "delete"])
def test_the_token_ends_with_the_trust(
    github: Issuer, trusted: TrustedPublisher, style: Package, owner: Actor, end: str
) -> None:
    secret = exchange(github.token(of_github())).json()["token"]
    match end:
        case "remove":
            publishers.remove(by=owner, publisher=trusted)
        case "transfer":
            transfers.accept(by=owner, transfer=transfers.request(by=owner, package=style, destination="olga"))
        case "delete":
            packages.delete(by=owner, package=style)
    package = "olga/style" if end == "transfer" else "acme/style"
    assert publish(secret, package=package).status_code in (401, 404)
    assert exchange(github.token(of_github()), package).status_code == 403
    if end != "delete":
        assert not PublishingToken.objects.exists()


def test_what_the_issuer_says_of_people_stays_out(
    github: Issuer, trusted: TrustedPublisher, caplog: pytest.LogCaptureFixture
) -> None:
    token = github.token(of_github())
    exchange(token)
    exchange(token)
    exchange(github.token(of_github(environment="x")))
    kept = str([list(model.objects.values_list()) for model in (AuditEvent, PublishingToken, ApiToken, Release)])
    for text in (kept, caplog.text):
        assert CANARY not in text
        assert token.rpartition(".")[2] not in text


# --- who trusts


def test_only_who_manages_trusts(style: Package, github: Issuer, owner: Actor, member: Actor, stranger: Actor) -> None:
    job = {"provider": "github", "issuer": github.url, "repository": "acme/rules", "workflow": "release.yml"}
    for actor in (member, stranger, Actor()):
        with pytest.raises(PermissionRefused):
            publishers.add(by=actor, package=style, **job)
    made = publishers.add(by=owner, package=style, **job)
    with pytest.raises(publishers.Exists):
        publishers.add(by=owner, package=style, **job)
    for actor in (member, stranger, Actor()):
        with pytest.raises(PermissionRefused):
            publishers.remove(by=actor, publisher=made)
    publishers.remove(by=owner, publisher=made)
    with pytest.raises(publishers.Gone):
        publishers.remove(by=owner, publisher=made)


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("provider", {"provider": "travis"}),
        ("issuer", {"issuer": "https://evil.example"}),
        ("repository", {"repository": "rules"}),
        ("repository", {"repository": "https://github.com/acme/rules"}),
        ("repository", {"repository": ""}),
        ("workflow", {"workflow": ""}),
        ("workflow", {"workflow": "release.sh"}),
        ("workflow", {"provider": "generic"}),
        ("environment", {"environment": "x" * 201}),
    ],
    ids=str,
)
def test_what_can_match_no_job(
    style: Package, github: Issuer, owner: Actor, field: str, changes: dict[str, str]
) -> None:
    job = {"provider": "github", "issuer": github.url, "repository": "acme/rules", "workflow": "release.yml"}
    with pytest.raises(InvalidPublisher) as caught:
        publishers.add(by=owner, package=style, **(job | changes))
    assert caught.value.field == field


def test_the_page(style: Package, github: Issuer, owner: Actor, member: Actor) -> None:
    browser = browser_of(owner.user)
    empty = browser.get("/acme/style/publishing").content.decode()
    assert "No job may publish yet" in empty
    assert "audience=$HUB" in empty
    job = {"provider": "github", "issuer": github.url, "repository": "acme/rules", "workflow": "release.yml"}
    assert browser.post("/acme/style/publishing", job | {"workflow": "x"}).status_code == 422
    assert browser.post("/acme/style/publishing", job).status_code == 302
    assert browser.post("/acme/style/publishing", job).status_code == 422
    made = TrustedPublisher.objects.get()
    assert "acme/rules" in browser.get("/acme/style/publishing").content.decode()
    assert browser_of(member.user).get("/acme/style/publishing").status_code == 403
    address = f"/acme/style/publishing/{made.id}/remove"
    assert "Trust acme/rules no more?" in browser.get(address).content.decode()
    browser.post(address)
    assert not TrustedPublisher.objects.exists()


def test_the_api(
    organization: Organization, style: Package, github: Issuer, owner: Actor, member: Actor, stranger: Actor, api: Any
) -> None:
    assert api("get", "trusted-publishing/audience").json() == {"audience": AUDIENCE}
    job = {"provider": "github", "issuer": github.url, "repository": "acme/rules", "workflow": "release.yml"}
    address = "packages/acme/style/trusted-publishers"
    made = api("post", address, owner, job)
    assert (made.status_code, made.json()["repository"]) == (201, "acme/rules")
    assert api("post", address, owner, job).status_code == 409
    wrong = api("post", address, owner, job | {"workflow": "x"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (400, "workflow")
    assert len(api("get", address, owner).json()["items"]) == 1
    assert api("get", address, member).status_code == 403
    assert api("delete", f"{address}/{made.json()['id']}", member).status_code == 403
    assert api("delete", f"{address}/{made.json()['id']}", owner).status_code == 204
    assert api("delete", f"{address}/{made.json()['id']}", owner).status_code == 404
