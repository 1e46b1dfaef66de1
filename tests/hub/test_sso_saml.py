"""Single sign-on over SAML, against assertions that are really signed, and against what they are attacked with."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import xmlsec
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from lxml import etree

from hub.actors import Actor
from hub.models import AuditEvent, Organization, SsoConnection, User
from hub.services import group_mappings, organizations, sso
from tests.hub.test_organizations import browser_of, roles
from tests.hub.test_sso_oidc import CALLBACK, signed_in, switch_on
from tests.support.saml_provider import ASSERTION, NAMES, PROTOCOL, SIGNATURE, SamlProvider, pair

EXPIRED = timedelta(minutes=-10)


@pytest.fixture(scope="module")
def made() -> SamlProvider:
    # Its page is not visited here, and its keys take a moment.
    return SamlProvider("https://idp.example")


@pytest.fixture
def provider(made: SamlProvider) -> Iterator[SamlProvider]:
    made.person = {"subject": "p-1", "email": "pat@corp.example", "uid": "pat", "displayName": "Pat P."}
    made.values, made.sign, made.tamper, made.sign_with = {}, made.signed, lambda answer: answer, None
    return made


def setup_of(provider: SamlProvider, **changes: Any) -> sso.Setup:
    values = {"protocol": "saml", "metadata": provider.metadata(), "groups_claim": "groups"}
    return sso.Setup(**(values | changes))


@pytest.fixture
def connection(provider: SamlProvider, organization: Organization, owner: Actor) -> SsoConnection:
    sso.configure(by=owner, organization=organization, setup=setup_of(provider))
    return switch_on(organization)


def asked(browser: Client, address: str = "/sso/acme") -> str:
    started = browser.get(address)
    assert started.status_code == 302, started.content
    return str(started["Location"])


def through(provider: SamlProvider, browser: Client, address: str = "/sso/acme") -> Any:
    """Go to the provider and come back; the answer to coming back."""
    where, answer = provider.visited(asked(browser, address))
    return browser.post(where.removeprefix(CALLBACK), {"SAMLResponse": answer})


# --- the way in


def test_somebody_new_becomes_a_member(
    provider: SamlProvider, connection: SsoConnection, organization: Organization, owner: Actor, client: Client
) -> None:
    group_mappings.create(by=owner, organization=organization, group="makers", role="maintainer", team=None)
    provider.person["groups"] = ["makers", "others"]

    answer = through(provider, client, "/sso/acme?next=/organizations/acme/teams")

    assert answer["Location"] == "/organizations/acme/teams"
    user = User.objects.get(username="pat")
    assert (roles(organization)["pat"], user.email, user.first_name) == ("maintainer", "pat@corp.example", "Pat P.")
    assert client.get("/organizations/acme").status_code == 200
    again = Client()
    through(provider, again)
    assert signed_in(again) == "pat"
    assert SocialAccount.objects.get().uid == "p-1"
    assert AuditEvent.objects.filter(action="hub.sso.sign-in").count() == 2


def test_the_cookie_that_browsers_keep_back_is_asked_for_once_more(
    provider: SamlProvider, connection: SsoConnection, client: Client
) -> None:
    where, answer = provider.visited(asked(client))
    page = Client().post(where.removeprefix(CALLBACK), {"SAMLResponse": answer})
    assert page.status_code == 200
    assert not page.cookies, "it would take the place of the one that was kept back"
    assert answer in page.content.decode()
    assert client.post(where.removeprefix(CALLBACK), {"SAMLResponse": answer, "again": "1"}).status_code == 302
    assert signed_in(client) == "pat"


@pytest.mark.parametrize("algorithm", ["RSA_SHA384", "RSA_SHA512"])
def test_other_good_signatures(
    provider: SamlProvider, connection: SsoConnection, client: Client, algorithm: str
) -> None:
    provider.sign = lambda tree: provider.signed(tree, method=getattr(xmlsec.Transform, algorithm))
    through(provider, client)
    assert signed_in(client) == "pat"


def test_an_assertion_and_an_answer_that_are_both_signed(
    provider: SamlProvider, connection: SsoConnection, client: Client
) -> None:
    def both(tree: etree._Element) -> None:
        provider.signed(tree)
        provider.signed(tree, "samlp:Response")

    provider.sign = both
    through(provider, client)
    assert signed_in(client) == "pat"


def test_words_of_other_providers(provider: SamlProvider, connection: SsoConnection, client: Client) -> None:
    claims = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"
    provider.person = {"subject": "p-9", f"{claims}/emailaddress": "Sam@corp.example", f"{claims}/name": "sam@corp"}
    through(provider, client)
    user = User.objects.get(username="sam")
    assert user.email == "sam@corp.example"


def test_an_address_as_name(provider: SamlProvider, connection: SsoConnection, client: Client) -> None:
    provider.person = {"subject": "kim@corp.example"}
    provider.values = {"format": "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"}
    through(provider, client)
    assert User.objects.get(username="kim").email == "kim@corp.example"


# --- what does not hold


def _at(tree: etree._Element, path: str) -> etree._Element:
    """What stands there, which has to be there."""
    found = tree.find(path, NAMES)
    assert found is not None, path
    return found


def _parent(element: etree._Element) -> etree._Element:
    found = element.getparent()
    assert found is not None
    return found


def _other(element: etree._Element, subject: str = "somebody-else") -> etree._Element:
    """A copy of an assertion that speaks of somebody else and bears no signature."""
    twin = copy.deepcopy(element)
    signature = twin.find("ds:Signature", NAMES)
    if signature is not None:
        twin.remove(signature)
    _at(twin, "saml:Subject/saml:NameID").text = subject
    return twin


def _assertion(answer: etree._Element) -> etree._Element:
    return _at(answer, "saml:Assertion")


def beside(answer: etree._Element) -> etree._Element:
    """The forged assertion before the signed one."""
    real = _assertion(answer)
    forged = _other(real)
    forged.set("ID", "_forged")
    real.addprevious(forged)
    return answer


def same_id(answer: etree._Element) -> etree._Element:
    """Two assertions of one name."""
    real = _assertion(answer)
    real.addprevious(_other(real))
    return answer


def inside_signature(answer: etree._Element) -> etree._Element:
    """The forged assertion bears the signature, which holds the real one in an Object."""
    real = _assertion(answer)
    forged = _other(real)
    forged.set("ID", "_forged")
    signature = _at(real, "ds:Signature")
    real.remove(signature)
    holder = etree.SubElement(signature, f"{{{SIGNATURE}}}Object")
    answer.replace(real, forged)
    holder.append(real)
    forged.insert(1, signature)
    return answer


def inside_extensions(answer: etree._Element) -> etree._Element:
    """The real assertion in the extensions of the answer, the forged one in its place."""
    real = _assertion(answer)
    forged = _other(real)
    forged.set("ID", "_forged")
    answer.replace(real, forged)
    extensions = etree.Element(f"{{{PROTOCOL}}}Extensions")
    extensions.append(real)
    answer.insert(1, extensions)
    return answer


def forged_root(answer: etree._Element) -> etree._Element:
    """The whole signed answer inside of a forged one."""
    forged = copy.deepcopy(answer)
    forged.set("ID", "_root")
    forged.replace(_assertion(forged), _other(_assertion(forged)))
    extensions = etree.Element(f"{{{PROTOCOL}}}Extensions")
    extensions.append(answer)
    forged.insert(1, extensions)
    return forged


def inside_forged(answer: etree._Element) -> etree._Element:
    """The real assertion inside of the forged one."""
    real = _assertion(answer)
    forged = _other(real)
    forged.set("ID", "_forged")
    answer.replace(real, forged)
    advice = etree.Element(f"{{{ASSERTION}}}Advice")
    _at(forged, "saml:Conditions").addnext(advice)
    advice.append(real)
    return answer


def changed(answer: etree._Element) -> etree._Element:
    """Something signed was changed."""
    _at(answer, "saml:Assertion/saml:Subject/saml:NameID").text = "somebody-else"
    return answer


def without_signature(answer: etree._Element) -> etree._Element:
    """The signature was taken away."""
    assertion = _assertion(answer)
    assertion.remove(_at(assertion, "ds:Signature"))
    return answer


def signature_of_nothing(answer: etree._Element) -> etree._Element:
    """The signature covers nothing."""
    reference = _at(answer, ".//ds:Reference")
    _parent(reference).remove(reference)
    return answer


def whole_document(answer: etree._Element) -> etree._Element:
    """The signature's reference names no element."""
    _at(answer, ".//ds:Reference").set("URI", "")
    return answer


def with_own_key(answer: etree._Element) -> etree._Element:
    """The signature brings a key along."""
    key, certificate = pair()
    forger = SamlProvider("https://idp.example")
    forger.sign_with = key
    without_signature(answer)
    changed(answer)
    forger.signed(answer)
    signature = _at(answer, ".//ds:Signature")
    info = etree.SubElement(signature, f"{{{SIGNATURE}}}KeyInfo")
    data = etree.SubElement(etree.SubElement(info, f"{{{SIGNATURE}}}X509Data"), f"{{{SIGNATURE}}}X509Certificate")
    data.text = "".join(certificate.strip().splitlines()[1:-1])
    return answer


@pytest.mark.parametrize(
    "forge",
    [
        beside, same_id, inside_signature, inside_extensions, forged_root, inside_forged, changed, without_signature,
        signature_of_nothing, whole_document, with_own_key,
    ],
)  # fmt: skip
@pytest.mark.parametrize("part", ["saml:Assertion", "samlp:Response"])
def test_what_was_wrapped_or_changed_is_refused(
    provider: SamlProvider,
    connection: SsoConnection,
    client: Client,
    forge: Callable[[etree._Element], etree._Element],
    part: str,
) -> None:
    SocialAccount.objects.create(user=User.objects.get(username="olga"), provider=connection.key, uid="somebody-else")

    def sign(tree: etree._Element) -> None:
        provider.signed(tree)
        if part == "samlp:Response":
            provider.signed(tree, part)

    provider.sign, provider.tamper = sign, forge

    assert through(provider, client).status_code == 502
    assert signed_in(client) == ""
    assert SsoConnection.objects.get().last_error


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"not_on_or_after": EXPIRED, "confirmed_until": EXPIRED}, "has expired"),
        ({"confirmed_until": EXPIRED}, "came too late"),
        ({"confirmed_until": ""}, "came too late"),
        ({"not_before": timedelta(minutes=30)}, "not valid yet"),
        ({"audience": "https://other.example/metadata"}, "another service"),
        ({"audience": ""}, "another service"),
        ({"recipient": "https://other.example/acs"}, "not for this address"),
        ({"recipient": ""}, "not for this address"),
        ({"destination": "https://other.example/acs"}, "another address"),
        ({"confirmed_for": ""}, "this sign-in"),
        ({"confirmed_for": "_another"}, "this sign-in"),
        ({"issuer": "https://evil.example"}, "another provider"),
        ({"method": "holder-of-key"}, "not for this address"),
        ({"status": "Responder"}, "refused to sign the person in"),
        ({"format": "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"}, "persistent"),
    ],
    ids=str,
)
def test_what_was_signed_for_another_use_is_refused(
    provider: SamlProvider, connection: SsoConnection, client: Client, values: dict[str, Any], words: str
) -> None:
    provider.values = values
    assert through(provider, client).status_code == 502
    assert signed_in(client) == ""
    assert words in SsoConnection.objects.get().last_error


def test_an_unsigned_assertion(provider: SamlProvider, connection: SsoConnection, client: Client) -> None:
    provider.sign = lambda tree: None
    assert through(provider, client).status_code == 502
    # A signature over the answer alone is another profile than the one that the metadata asks for.
    provider.sign = lambda tree: provider.signed(tree, "samlp:Response")
    assert through(provider, client).status_code == 502
    assert "sign assertions" in SsoConnection.objects.get().last_error


def test_an_old_signature(provider: SamlProvider, connection: SsoConnection, client: Client) -> None:
    provider.sign = lambda tree: provider.signed(tree, method=xmlsec.Transform.RSA_SHA1, digest=xmlsec.Transform.SHA1)
    assert through(provider, client).status_code == 502
    assert "SHA-1" in SsoConnection.objects.get().last_error


def test_a_comment_does_not_cut_a_name(provider: SamlProvider, connection: SsoConnection, client: Client) -> None:
    def comment(answer: etree._Element) -> etree._Element:
        name = _at(answer, "saml:Assertion/saml:Subject/saml:NameID")
        whole, name.text = str(name.text), "owner"
        note = etree.Comment("x")
        note.tail = whole.removeprefix("owner")
        name.append(note)
        return answer

    SocialAccount.objects.create(user=User.objects.get(username="olga"), provider=connection.key, uid="owner")
    provider.person = {"subject": "owner.evil"}
    provider.tamper = comment
    through(provider, client)
    assert signed_in(client) != "olga"


def test_an_answer_that_nobody_asked_for(provider: SamlProvider, connection: SsoConnection, client: Client) -> None:
    acs, audience = f"/sso/saml/{connection.key}/acs", f"{CALLBACK}/sso/saml/{connection.key}/metadata"
    client.get("/sso/acme")
    for again in ({}, {"again": "1"}):
        answer = provider.answer(None, audience, CALLBACK + acs)
        assert client.post(acs, {"SAMLResponse": answer} | again).status_code == 400
    assert signed_in(client) == ""


def test_an_answer_counts_once_and_in_its_own_browser(
    provider: SamlProvider, connection: SsoConnection, client: Client, member: Actor
) -> None:
    where, answer = provider.visited(asked(client))
    back, form = where.removeprefix(CALLBACK), {"SAMLResponse": answer, "again": "1"}
    assert Client().post(back, form).status_code == 400, "a victim's browser, led here by somebody"
    assert client.post(back, form).status_code == 302
    assert client.post(back, form).status_code == 400
    assert browser_of(member.user).post(back, form).status_code == 400
    assert client.get(back).status_code == 405


def test_one_connection_does_not_answer_for_another(
    provider: SamlProvider, connection: SsoConnection, stranger: Actor, client: Client
) -> None:
    other = organizations.create(by=stranger, slug="widgets", name="Widgets")
    sso.configure(by=stranger, organization=other, setup=setup_of(provider))
    foreign = switch_on(other)
    SocialAccount.objects.create(user=stranger.user, provider=foreign.key, uid="p-1")
    where, answer = provider.visited(asked(client))
    path = urlsplit(where).path
    form = {"SAMLResponse": answer, "again": "1"}
    assert client.post(path.replace(connection.key, foreign.key), form).status_code == 400
    # What the provider signed for acme's request does not pass at widgets', even in the browser that began both.
    asked(client, "/sso/widgets")
    session = client.session
    for begun in session["hub.sso-starts"].values():
        begun["held"] = {"request_id": next(iter(session["hub.sso-starts"]))}
    session.save()
    assert client.post(path.replace(connection.key, foreign.key), form).status_code == 400
    assert signed_in(client) == ""


@pytest.mark.parametrize(
    "posted",
    ["", "no base64!", "PHg+", base64.b64encode(b"<x/>").decode(), "A" * 300_000,
     base64.b64encode(b'<!DOCTYPE x [<!ENTITY a "b">]><x InResponseTo="&a;"/>').decode()],
    ids=["nothing", "no-base64", "no-xml", "no-answer", "long", "entity"],
)  # fmt: skip
def test_what_is_no_answer(connection: SsoConnection, client: Client, posted: str) -> None:
    client.get("/sso/acme")
    answer = client.post(f"/sso/saml/{connection.key}/acs", {"SAMLResponse": posted})
    assert answer.status_code == 400
    assert SsoConnection.objects.get().last_error == ""


def test_an_answer_with_its_request_and_nothing_else(
    provider: SamlProvider, connection: SsoConnection, client: Client
) -> None:
    asked(client)
    (name,) = client.session["hub.sso-starts"]
    for text in (f'<x InResponseTo="{name}"/>', f'<samlp:Response xmlns:samlp="{PROTOCOL}" InResponseTo="{name}"/>'):
        session = client.session
        held = dict(session["hub.sso-starts"])
        posted = base64.b64encode(text.encode()).decode()
        assert client.post(f"/sso/saml/{connection.key}/acs", {"SAMLResponse": posted}).status_code == 502
        session = client.session
        session["hub.sso-starts"] = held
        session.save()


def test_a_provider_that_is_switched_off_signs_nobody_in(
    provider: SamlProvider, connection: SsoConnection, organization: Organization, owner: Actor, client: Client
) -> None:
    where, answer = provider.visited(asked(client))
    sso.disable(by=owner, organization=organization)
    assert client.post(where.removeprefix(CALLBACK), {"SAMLResponse": answer}).status_code == 404
    assert signed_in(client) == ""


# --- setting it up


def test_it_is_set_up_tested_and_switched_on_in_the_browser(
    provider: SamlProvider, organization: Organization, owner: Actor
) -> None:
    browser = browser_of(owner.user)
    assert "metadata (XML)" in browser.get("/organizations/acme/sso?protocol=saml").content.decode()
    form = {"protocol": "saml", "default_role": "member", "session_hours": "8", "jit_enabled": "on"}
    assert browser.post("/organizations/acme/sso", form).status_code == 302
    row = SsoConnection.objects.get()
    page = browser.get("/organizations/acme/sso").content.decode()
    assert f"{CALLBACK}/sso/saml/{row.key}/acs" in page
    assert "then paste its metadata" in page
    assert browser.post("/organizations/acme/sso/test").status_code == 502
    described = Client().get(f"/sso/saml/{row.key}/metadata")
    assert described["Content-Type"] == "application/samlmetadata+xml"
    tree = etree.fromstring(described.content)
    assert tree.get("entityID") == f"{CALLBACK}/sso/saml/{row.key}/metadata"
    assert b'WantAssertionsSigned="true"' in described.content
    assert Client().get("/sso/saml/none/metadata").status_code == 404

    assert browser.post("/organizations/acme/sso", form | {"metadata": provider.metadata()}).status_code == 302
    assert SsoConnection.objects.get().key == row.key, "the provider knows the hub by it already"
    started = browser.post("/organizations/acme/sso/test")
    where, answer = provider.visited(started.context["url"])
    back = browser.post(where.removeprefix(CALLBACK), {"SAMLResponse": answer}, follow=True)
    assert "It works: the provider says that you are pat@corp.example, in 0 groups." in back.content.decode()
    browser.post("/organizations/acme/sso/enable")
    assert SsoConnection.objects.get().is_enabled
    browser.post("/organizations/acme/sso", form | {"session_hours": "4"})
    assert SsoConnection.objects.get().is_enabled, "what does not decide who people are needs no new test"
    _, renewed = pair()
    changed = provider.metadata(certificates=[provider.certificate, renewed])
    browser.post("/organizations/acme/sso", form | {"metadata": changed})
    row = SsoConnection.objects.get()
    assert (row.is_enabled, row.certificates.count("BEGIN")) == (False, 2)


def test_a_new_certificate_takes_the_place_of_the_old_one(
    provider: SamlProvider, connection: SsoConnection, organization: Organization, owner: Actor, client: Client
) -> None:
    key, certificate = pair()
    both = provider.metadata(certificates=[provider.certificate, certificate])
    sso.configure(by=owner, organization=organization, setup=setup_of(provider, metadata=both))
    switch_on(organization)
    provider.sign_with = key
    through(provider, client)
    assert signed_in(client) == "pat"
    only = provider.metadata(certificates=[certificate])
    sso.configure(by=owner, organization=organization, setup=setup_of(provider, metadata=only))
    switch_on(organization)
    provider.sign_with = None
    assert through(provider, Client()).status_code == 502


def test_changing_the_protocol_is_another_set_of_people(
    provider: SamlProvider, connection: SsoConnection, organization: Organization, owner: Actor, member: Actor
) -> None:
    SocialAccount.objects.create(user=member.user, provider=connection.key, uid="p-1")
    other = sso.Setup(issuer="https://idp.example", client_id="hub", secret="x")
    sso.configure(by=owner, organization=organization, setup=other)
    row = SsoConnection.objects.get()
    assert (row.protocol, row.certificates, row.sso_url, row.is_enabled) == ("oidc", "", "", False)
    assert row.key != connection.key
    assert not SocialAccount.objects.exists()
    sso.configure(by=owner, organization=organization, setup=setup_of(provider))
    row = SsoConnection.objects.get()
    assert (row.protocol, row.sealed_secret, row.client_id) == ("saml", "", "")


@pytest.mark.parametrize(
    "metadata",
    [
        "hello",
        "<x/>",
        '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>',
        {"certificates": []},
        {"binding": "HTTP-POST"},
        {"sso_url": "http://idp.example/sso"},
        {"sso_url": "javascript:alert(1)"},
        {"sso_url": "https://idp.example/#x"},
        {"issuer": ""},
        {"issuer": "x" * 501},
        {"days": -1},
        {"bits": 1024},
        "x" * 300_000,
    ],
    ids=lambda value: str(value)[:40],
)
def test_metadata_that_describes_no_provider(
    provider: SamlProvider, organization: Organization, owner: Actor, metadata: Any
) -> None:
    if "days" in metadata or "bits" in metadata:
        metadata = {"certificates": [pair(**metadata)[1]]}
    text = metadata if isinstance(metadata, str) else provider.metadata(**metadata)
    with pytest.raises(sso.InvalidConnection) as caught:
        sso.configure(by=owner, organization=organization, setup=setup_of(provider, metadata=text))
    assert caught.value.field == "metadata"
    answer = browser_of(owner.user).post(
        "/organizations/acme/sso",
        {"protocol": "saml", "default_role": "member", "session_hours": "8", "metadata": text},
    )
    assert answer.status_code == 422
    assert not SsoConnection.objects.exists()


def test_an_expired_certificate_beside_its_successor(
    provider: SamlProvider, organization: Organization, owner: Actor
) -> None:
    both = provider.metadata(certificates=[pair(days=-1)[1], provider.certificate])
    sso.configure(by=owner, organization=organization, setup=setup_of(provider, metadata=both))
    assert SsoConnection.objects.get().certificates == provider.certificate


def test_neither_beginning_nor_answering_goes_on_without_end(
    connection: SsoConnection, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.views.sso.RATES", {"sso_start": "2/m/ip", "sso_answer": "3/m/ip"})
    assert [client.get("/sso/acme").status_code for _ in range(3)] == [302, 302, 429]
    posts = [client.post(f"/sso/saml/{connection.key}/acs").status_code for _ in range(4)]
    assert posts == [400, 400, 400, 429]
