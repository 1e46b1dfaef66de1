"""Invitations: who is let in through a link, and who is not."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.utils import timezone

from hub.actors import ANONYMOUS, Actor
from hub.domain.decisions import PermissionRefused
from hub.models import AuditEvent, Invitation, Membership, Organization, Team, User
from hub.services import invitations, organization_life, organizations, teams, tokens
from tests.conftest import PASSWORD
from tests.hub.test_organizations import browser_of, roles
from tests.hub.together import together


@pytest.fixture
def has_mail(settings: Any) -> None:
    settings.MAIL_HOST = "mail.example"


def secret_of(sent: invitations.Sent) -> str:
    return sent.link.rpartition("/")[2]


@pytest.fixture
def sent(organization: Organization, owner: Actor) -> invitations.Sent:
    return invitations.create(by=owner, organization=organization, email=" Stranger@Example.com ", role="maintainer")


def later(invitation: Invitation, **moments: timedelta) -> None:
    Invitation.objects.filter(id=invitation.id).update(
        **{field: timezone.now() + difference for field, difference in moments.items()}
    )


# --- the services


def test_the_mail_has_the_link_and_the_row_does_not(
    has_mail: None, organization: Organization, owner: Actor, sent: invitations.Sent
) -> None:
    message = mail.outbox[0]
    assert message.to == ["stranger@example.com"]
    assert message.subject == "[Assistant Hub] olga invites you to Acme"
    assert sent.is_mailed
    assert sent.link in message.body
    row = Invitation.objects.values_list().get()
    assert secret_of(sent) not in str(row)
    assert secret_of(sent) not in str(list(AuditEvent.objects.values_list()))


def test_the_invited_comes_in_once(has_mail: None, organization: Organization, owner: Actor, stranger: Actor) -> None:
    assert stranger.user is not None
    team = teams.create(by=owner, organization=organization, slug="platform", name="")
    sent = invitations.create(
        by=owner, organization=organization, email="stranger@example.com", role="maintainer", teams=[team]
    )
    EmailAddress.objects.create(user=stranger.user, email="stranger@example.com", verified=False, primary=True)

    membership = invitations.accept(by=stranger, secret=secret_of(sent))

    assert (membership.role, membership.source) == ("maintainer", "invitation")
    assert list(membership.teams.values_list("team__slug", flat=True)) == ["platform"]
    assert EmailAddress.objects.get().verified, "who has the mailed link reads the mail"
    with pytest.raises(invitations.Over, match="accepted already"):
        invitations.accept(by=stranger, secret=secret_of(sent))
    assert AuditEvent.objects.latest("id").action == "hub.invitation.accept"


def test_a_link_that_was_not_mailed_proves_no_address(sent: invitations.Sent, stranger: Actor) -> None:
    assert stranger.user is not None
    EmailAddress.objects.create(user=stranger.user, email="stranger@example.com", verified=False, primary=True)
    invitations.accept(by=stranger, secret=secret_of(sent))
    assert not EmailAddress.objects.get().verified


def test_a_member_keeps_the_role(organization: Organization, owner: Actor, admin: Actor) -> None:
    sent = invitations.create(by=owner, organization=organization, email="adam@example.com", role="member")
    invitations.accept(by=admin, secret=secret_of(sent))
    assert roles(organization)["adam"] == "admin"


def test_it_is_for_its_address_alone(sent: invitations.Sent, build_user: Callable[..., User]) -> None:
    with pytest.raises(invitations.NotYours, match=r"s…@example\.com"):
        invitations.accept(by=Actor(build_user("thief")), secret=secret_of(sent))
    with pytest.raises(PermissionRefused):
        invitations.accept(by=ANONYMOUS, secret=secret_of(sent))


def test_no_program_accepts(sent: invitations.Sent, stranger: Actor) -> None:
    token = tokens.create(by=stranger, name="t", scopes=["read", "admin"]).token
    with pytest.raises(PermissionRefused):
        invitations.accept(by=Actor(stranger.user, token=token), secret=secret_of(sent))


def test_a_sign_in_confined_elsewhere_does_not_accept(sent: invitations.Sent, stranger: Actor) -> None:
    with pytest.raises(PermissionRefused):
        invitations.accept(by=Actor(stranger.user, confined_to=10**6), secret=secret_of(sent))


def test_what_is_over_lets_nobody_in(
    organization: Organization, owner: Actor, stranger: Actor, sent: invitations.Sent
) -> None:
    later(sent.invitation, expires_at=timedelta(seconds=-1))
    with pytest.raises(invitations.Over, match="expired"):
        invitations.accept(by=stranger, secret=secret_of(sent))
    later(sent.invitation, expires_at=timedelta(days=1))
    invitations.revoke(by=owner, invitation=sent.invitation)
    with pytest.raises(invitations.Over, match="revoked"):
        invitations.accept(by=stranger, secret=secret_of(sent))
    with pytest.raises(invitations.Over, match="nowhere"):
        invitations.accept(by=stranger, secret="made-up")
    assert "stranger" not in roles(organization)


def test_with_the_organization_its_invitations_end(
    organization: Organization, owner: Actor, stranger: Actor, sent: invitations.Sent
) -> None:
    organization_life.delete(by=owner, organization=organization)
    with pytest.raises(invitations.Over):
        invitations.accept(by=stranger, secret=secret_of(sent))


@pytest.mark.parametrize("fate", ["member", "out"])
def test_the_word_of_somebody_who_lost_the_right_is_void(
    organization: Organization, owner: Actor, admin: Actor, stranger: Actor, fate: str
) -> None:
    assert admin.user is not None
    sent = invitations.create(by=admin, organization=organization, email="stranger@example.com", role="admin")
    if fate == "out":
        organizations.remove_member(by=owner, organization=organization, user=admin.user)
    else:
        organizations.change_role(by=owner, organization=organization, user=admin.user, role=fate)
    with pytest.raises(invitations.Over, match="can no longer"):
        invitations.accept(by=stranger, secret=secret_of(sent))


def test_a_new_link_takes_the_place_of_the_old_one(
    has_mail: None, owner: Actor, stranger: Actor, sent: invitations.Sent
) -> None:
    with pytest.raises(invitations.TooSoon):
        invitations.resend(by=owner, invitation=sent.invitation)
    later(sent.invitation, sent_at=timedelta(minutes=-2), expires_at=timedelta(days=-1))

    again = invitations.resend(by=owner, invitation=sent.invitation)

    assert len(mail.outbox) == 2
    with pytest.raises(invitations.Over):
        invitations.accept(by=stranger, secret=secret_of(sent))
    invitations.accept(by=stranger, secret=secret_of(again))
    with pytest.raises(invitations.Over):
        invitations.resend(by=owner, invitation=sent.invitation)


def test_one_open_invitation_for_an_address(organization: Organization, owner: Actor, sent: invitations.Sent) -> None:
    with pytest.raises(invitations.AlreadyInvited):
        invitations.create(by=owner, organization=organization, email="STRANGER@example.com", role="member")
    later(sent.invitation, expires_at=timedelta(seconds=-1))
    invitations.create(by=owner, organization=organization, email="stranger@example.com", role="member")
    assert Invitation.objects.filter(revoked_at=None).count() == 1


@pytest.mark.parametrize("email", ["", "no", "a@b", "a@@example.com", f"{'x' * 250}@example.com", "a\n@example.com"])
def test_an_address_that_is_none(organization: Organization, owner: Actor, email: str) -> None:
    with pytest.raises(invitations.InvalidAddress):
        invitations.create(by=owner, organization=organization, email=email, role="member")


def test_nobody_invites_to_more_than_they_have(
    organization: Organization, owner: Actor, admin: Actor, member: Actor, sent: invitations.Sent
) -> None:
    for by, role in ((admin, "owner"), (admin, "auditor"), (member, "member")):
        with pytest.raises(PermissionRefused):
            invitations.create(by=by, organization=organization, email="new@example.com", role=role)
    for deed in (invitations.resend, invitations.revoke):
        with pytest.raises(PermissionRefused):
            deed(by=member, invitation=sent.invitation)


def test_no_team_of_another_organization(organization: Organization, owner: Actor) -> None:
    other = organizations.create(by=owner, slug="other", name="")
    team = teams.create(by=owner, organization=other, slug="platform", name="")
    with pytest.raises(invitations.InvalidAddress):
        invitations.create(by=owner, organization=organization, email="a@example.com", role="member", teams=[team])


def test_an_organization_sends_so_many_a_day(
    organization: Organization, owner: Actor, sent: invitations.Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invitations, "MAX_A_DAY", 1)
    with pytest.raises(invitations.TooMany):
        invitations.create(by=owner, organization=organization, email="more@example.com", role="member")


@pytest.mark.django_db(transaction=True)
def test_accepted_twice_at_once(organization: Organization, sent: invitations.Sent, stranger: Actor) -> None:
    def accept() -> object:
        return invitations.accept(by=stranger, secret=secret_of(sent))

    outcomes = together(accept, accept)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Membership", "Over"]
    assert AuditEvent.objects.filter(action="hub.invitation.accept").count() == 1


@pytest.mark.django_db(transaction=True)
def test_accepted_and_revoked_at_once(
    organization: Organization, owner: Actor, sent: invitations.Sent, stranger: Actor
) -> None:
    accepted, revoked = together(
        lambda: invitations.accept(by=stranger, secret=secret_of(sent)),
        lambda: invitations.revoke(by=owner, invitation=sent.invitation),
    )

    assert isinstance(accepted, Membership) != bool(revoked)
    assert ("stranger" in roles(organization)) == isinstance(accepted, Membership)


# --- the pages


def test_the_link_leads_through_sign_up(
    has_mail: None, organization: Organization, owner: Actor, client: Client, settings: Any
) -> None:
    settings.SIGNUP_OPEN = False
    sent = invitations.create(by=owner, organization=organization, email="new@example.com", role="member")
    closed = Client().post("/accounts/signup/", {"username": "newt", "email": "new@example.com", "password1": PASSWORD})
    assert not User.objects.filter(username="newt").exists(), closed.status_code

    first = client.get(sent.link.removeprefix("http://testserver"))
    assert first["Location"] == "/invitations/accept"
    page = client.get("/invitations/accept").content.decode()
    assert "n…@example.com" in page
    assert "new@example.com" not in page
    assert secret_of(sent) not in page
    assert "/accounts/signup/?next=%2Finvitations%2Faccept" in page
    form = {"username": "newt", "password1": PASSWORD, "next": "/invitations/accept"}
    other = client.post("/accounts/signup/", {**form, "email": "other@example.com"})
    assert "Use the address that was invited" in other.content.decode()
    signed_up = client.post("/accounts/signup/", {**form, "email": "new@example.com"})
    assert signed_up.status_code == 302, re.findall(r"<li>.*|error.*", signed_up.content.decode())
    assert signed_up["Location"] == "/invitations/accept"
    assert "Accept" in client.get("/invitations/accept").content.decode()

    answer = client.post("/invitations/accept")

    assert answer["Location"] == "/organizations/acme"
    assert roles(organization)["newt"] == "member"
    assert client.get("/invitations/accept").status_code == 404


def test_another_account_is_told_whose_it_is(sent: invitations.Sent, member: Actor) -> None:
    browser = browser_of(member.user)
    browser.get(sent.link.removeprefix("http://testserver"))
    for answer in (browser.get("/invitations/accept"), browser.post("/invitations/accept")):
        assert answer.status_code == 403
        assert "s…@example.com" in answer.content.decode()


def test_what_is_over_says_so(sent: invitations.Sent, owner: Actor, stranger: Actor) -> None:
    browser = browser_of(stranger.user)
    browser.get(sent.link.removeprefix("http://testserver"))
    invitations.revoke(by=owner, invitation=sent.invitation)
    answer = browser.get("/invitations/accept")
    assert (answer.status_code, "revoked" in answer.content.decode()) == (410, True)
    browser.get("/invitations/made-up")
    assert browser.get("/invitations/accept").status_code == 404


def test_without_a_mail_server_the_link_is_shown_once(organization: Organization, owner: Actor) -> None:
    browser = browser_of(owner.user)

    answer = browser.post("/organizations/acme/invitations", {"email": "new@example.com", "role": "member"})

    link = re.search(r"http://testserver/invitations/[\w-]{43}", answer.content.decode())
    assert link
    assert "no-store" in answer["Cache-Control"]
    listed = browser.get("/organizations/acme/invitations").content.decode()
    assert "new@example.com" in listed
    assert link[0] not in listed
    assert not mail.outbox


def test_a_mail_server_that_is_down_is_told(
    has_mail: None, organization: Organization, owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("down")

    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)
    answer = browser_of(owner.user).post(
        "/organizations/acme/invitations", {"email": "n@example.com", "role": "member"}
    )
    assert "did not take the mail" in answer.content.decode()


def test_the_list_and_its_deeds(
    has_mail: None, organization: Organization, owner: Actor, admin: Actor, sent: invitations.Sent
) -> None:
    browser = browser_of(owner.user)
    Team.objects.create(organization=organization, slug="platform", name="Platform")
    address = f"/organizations/acme/invitations/{sent.invitation.id}"

    wrong = browser.post("/organizations/acme/invitations", {"email": "no", "role": "member"})
    twice = browser.post("/organizations/acme/invitations", {"email": "stranger@example.com", "role": "member"})
    right = browser.post(
        "/organizations/acme/invitations", {"email": "new@example.com", "role": "member", "teams": ["platform"]}
    )
    assert (wrong.status_code, twice.status_code, right.status_code) == (422, 422, 302)
    assert Invitation.objects.get(email="new@example.com").teams.get().slug == "platform"
    soon = browser.post(f"{address}/resend", follow=True)
    assert "less than a minute ago" in soon.content.decode()
    later(sent.invitation, sent_at=timedelta(hours=-1))
    assert "is on its way" in browser.post(f"{address}/resend", follow=True).content.decode()
    assert "Revoke the invitation" in browser.get(f"{address}/revoke").content.decode()
    assert "is revoked" in browser.post(f"{address}/revoke", follow=True).content.decode()
    assert "was over already" in browser.post(f"{address}/revoke", follow=True).content.decode()


def test_the_list_takes_as_many_queries(
    organization: Organization, owner: Actor, django_assert_num_queries: Any
) -> None:
    browser = browser_of(owner.user)
    for number in range(30):
        invitations.create(by=owner, organization=organization, email=f"p{number:02}@example.com", role="member")
    with django_assert_num_queries(7):
        text = browser.get("/organizations/acme/invitations").content.decode()
    assert "p29@example.com" in text
    assert "p04@example.com" not in text


# --- API


def call(secret: str, method: str, path: str = "", body: object = None) -> Any:
    send = getattr(Client(), method)
    headers = {"Authorization": f"Bearer {secret}"}
    address = f"/api/v1/organizations/acme/invitations{path}"
    if body is None:
        return send(address, headers=headers)
    return send(address, body, content_type="application/json", headers=headers)


def test_the_api(has_mail: None, organization: Organization, owner: Actor, member: Actor) -> None:
    secret = tokens.create(by=owner, name="t", scopes=["read", "admin"]).secret
    reader = tokens.create(by=member, name="t", scopes=["read", "admin"]).secret

    made = call(secret, "post", "", {"email": "new@example.com"})
    assert (made.status_code, made.json()["state"], made.json()["role"]) == (201, "open", "member")
    link = re.search(r"/invitations/([\w-]{43})", str(mail.outbox[0].body))
    assert link
    assert link[1] not in made.content.decode()
    number = made.json()["id"]
    assert call(secret, "post", "", {"email": "new@example.com"}).status_code == 409
    assert call(secret, "post", "", {"email": "no"}).status_code == 400
    assert call(secret, "post", "", {"email": "a@example.com", "teams": ["none"]}).status_code == 400
    assert call(reader, "post", "", {"email": "a@example.com"}).status_code == 403
    assert call(reader, "get").status_code == 403
    assert [one["id"] for one in call(secret, "get").json()["items"]] == [number]
    assert call(secret, "post", f"/{number}/resend").status_code == 429
    assert call(secret, "delete", f"/{number}").status_code == 204
    assert call(secret, "get", f"/{number}").json()["state"] == "revoked"
    assert call(secret, "post", f"/{number}/resend").status_code == 409
    assert call(secret, "delete", "/999999").status_code == 404


def test_without_mail_no_program_invites(organization: Organization, owner: Actor) -> None:
    secret = tokens.create(by=owner, name="t", scopes=["read", "admin"]).secret
    assert call(secret, "post", "", {"email": "new@example.com"}).status_code == 409
    assert not Invitation.objects.exists()
