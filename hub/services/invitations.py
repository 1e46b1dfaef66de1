"""Invitations: letting in whoever owns an e-mail address, account or not."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from hub import mail
from hub.actors import Actor
from hub.domain import invitations as domain
from hub.domain.actions import HubAction
from hub.domain.decisions import PermissionRefused, require
from hub.domain.roles import ROLES
from hub.models import Invitation, Membership, Organization, Source, Team, TeamMembership, User
from hub.policies import organizations as policies
from hub.services import audit, scim

SESSION_KEY = "hub.invitation"  # where a browser session keeps the secret of a link that was followed
EMAIL_MAX_LENGTH = 254
MAX_A_DAY = 200  # for each organization: the hub is no machine for unwanted mail


class InvalidAddress(ValueError):
    """What was given is no e-mail address, or a team is another organization's."""


class AlreadyInvited(Exception):
    """There is an open invitation to this address."""


class TooMany(Exception):
    """The organization has sent as many invitations today as it may."""


class TooSoon(Exception):
    """The mail was sent a moment ago."""


class Over(Exception):
    """The invitation was accepted, revoked, has expired, or is void; the message says which."""


class NotYours(Exception):
    """The invitation is for another address than those of the account."""


@dataclass(frozen=True)
class Sent:
    """An invitation whose link is known at this moment alone, and whether a mail server took the mail."""

    invitation: Invitation
    link: str
    is_mailed: bool


def create(*, by: Actor, organization: Organization, email: str, role: str, teams: Collection[Team] = ()) -> Sent:
    """Invite whoever owns `email`, and send the mail: not to be called within a transaction.

    Raises PermissionRefused, InvalidAddress, AlreadyInvited or TooMany.
    """
    require(policies.may_give_role(by, organization, role))
    email = _checked(email)
    if any(team.organization_id != organization.id for team in teams):
        raise InvalidAddress("This team belongs to another organization.")
    secret, now = domain.new_secret(), timezone.now()
    try:
        with transaction.atomic():
            Organization.objects.select_for_update(no_key=True).get(id=organization.id)
            _close_expired(organization, email)
            if organization.invitations.filter(created_at__gt=now - timedelta(days=1)).count() >= MAX_A_DAY:
                raise TooMany(f"An organization sends at most {MAX_A_DAY} invitations a day.")
            invitation = Invitation.objects.create(
                organization=organization,
                email=email,
                role=role,
                digest=domain.digest(secret),
                invited_by=by.user,
                sent_at=now,
                expires_at=now + domain.LIFE,
            )
            invitation.teams.set(teams)
            data = {"email": email, "role": role, "teams": sorted(team.slug for team in teams)}
            _record(by, HubAction.INVITATION_CREATE, invitation, data)
    except IntegrityError:
        raise AlreadyInvited(f"{email} has an open invitation. Resend or revoke it.") from None
    return _send(invitation, secret)


def resend(*, by: Actor, invitation: Invitation) -> Sent:
    """Send a new link, in place of the old one, and let the time to accept begin anew.

    Raises PermissionRefused, Over or TooSoon.
    """
    require(policies.may_give_role(by, invitation.organization, invitation.role))
    secret, now = domain.new_secret(), timezone.now()
    with transaction.atomic():
        row = _locked(invitation)
        if row.accepted_at is not None or row.revoked_at is not None:
            raise Over("This invitation is over. Invite the person again.")
        if row.sent_at > now - domain.RESEND_AFTER:
            raise TooSoon("It was sent less than a minute ago.")
        row.digest, row.sent_at, row.expires_at = domain.digest(secret), now, now + domain.LIFE
        # It is the word of whoever sends it now.
        row.invited_by = by.user
        row.save(update_fields=["digest", "sent_at", "expires_at", "invited_by"])
        _record(by, HubAction.INVITATION_RESEND, row, {"email": row.email})
    return _send(row, secret)


def revoke(*, by: Actor, invitation: Invitation) -> bool:
    """End an invitation, so that its link leads nowhere. Returns whether this call ended it. Raises PermissionRefused."""
    require(policies.may_manage(by, invitation.organization))
    with transaction.atomic():
        row = _locked(invitation)
        if row.accepted_at is not None or row.revoked_at is not None:
            return False
        row.revoked_at = timezone.now()
        row.save(update_fields=["revoked_at"])
        _record(by, HubAction.INVITATION_REVOKE, row, {"email": row.email})
    return True


def find(secret: str) -> Invitation | None:
    """The invitation of a link, open or not; None for a link that never was, or that a newer one replaced. One query."""
    rows = Invitation.objects.select_related("organization__namespace", "invited_by")
    return rows.filter(digest=domain.digest(secret), organization__deleted_at=None).first()


def obstacle(invitation: Invitation) -> str:
    """Why nobody can accept the invitation now, as a sentence; "" if its addressee can."""
    if invitation.accepted_at is not None:
        return "This invitation was accepted already."
    if invitation.revoked_at is not None:
        return "This invitation was revoked."
    if not invitation.is_open():
        return "This invitation has expired. Ask for a new one."
    if not policies.could_give_role(invitation.organization, invitation.invited_by, invitation.role):
        return "Whoever invited you can no longer let anybody in. Ask for a new invitation."
    return ""


def state_of(invitation: Invitation) -> str:
    """What has become of the invitation, `open`, `accepted`, `revoked` or `expired`."""
    if invitation.accepted_at is not None:
        return "accepted"
    if invitation.revoked_at is not None:
        return "revoked"
    return "open" if invitation.is_open() else "expired"


def is_for(invitation: Invitation, user: User) -> bool:
    """Whether the invitation's address is one of `user`'s."""
    mine = EmailAddress.objects.filter(user=user, email__iexact=invitation.email)
    return user.email.lower() == invitation.email or mine.exists()


def accept(*, by: Actor, secret: str) -> Membership:
    """Let the actor in through the link. A member keeps the role held already; the teams are added.

    Having the link proves that the actor reads the mail of its address, if it was mailed. Raises Over, NotYours or
    PermissionRefused.
    """
    user = by.user
    if user is None or not by.is_person_in_browser:
        raise PermissionRefused("Sign in in the browser to accept an invitation.")
    found = find(secret)
    if found is None:
        raise Over("This link leads nowhere. A newer one may have been sent, or the invitation is gone.")
    organization = found.organization
    if by.confined_to not in (None, organization.id):
        raise PermissionRefused("This sign-in reaches one organization only. Sign in with your password.")
    with transaction.atomic():
        Organization.objects.select_for_update(no_key=True).get(id=organization.id)
        row = Invitation.objects.select_for_update(of=["self"]).get(id=found.id)
        row.organization = organization
        reason = obstacle(row) if row.digest == found.digest else "A newer link was sent."
        if reason:
            raise Over(reason)
        if not is_for(row, user):
            raise NotYours(f"This invitation is for {domain.masked(row.email)}.")
        if scim.is_blocked(organization, user):
            raise PermissionRefused("The organization's directory has switched this account off. Ask an admin there.")
        membership = _let_in(row, user)
        row.accepted_at, row.accepted_by = timezone.now(), user
        row.save(update_fields=["accepted_at", "accepted_by"])
        if settings.MAIL_HOST:
            EmailAddress.objects.filter(user=user, email__iexact=row.email).update(verified=True)
        data = {"member": user.username, "role": membership.role, "email": row.email}
        _record(by, HubAction.INVITATION_ACCEPT, row, data)
        scim.match(by=by, organization=organization, user=user, email=row.email)
    return membership


def _let_in(invitation: Invitation, user: User) -> Membership:
    membership, _ = Membership.objects.get_or_create(
        organization=invitation.organization,
        user=user,
        defaults={"role": invitation.role, "source": Source.INVITATION},
    )
    held = set(membership.teams.values_list("team", flat=True))
    TeamMembership.objects.bulk_create(
        TeamMembership(team=team, membership=membership, source=Source.INVITATION)
        for team in invitation.teams.all()
        if team.id not in held
    )
    return membership


def _checked(email: str) -> str:
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise InvalidAddress("This is not an e-mail address.") from None
    if len(email) > EMAIL_MAX_LENGTH:
        raise InvalidAddress("This address is too long.")
    return email


def _close_expired(organization: Organization, email: str) -> None:
    """An expired invitation makes room for a new one; the log has said when it would expire."""
    open_rows = organization.invitations.filter(email=email, accepted_at=None, revoked_at=None)
    open_rows.filter(expires_at__lte=timezone.now()).update(revoked_at=timezone.now())


def _locked(invitation: Invitation) -> Invitation:
    rows = Invitation.objects.select_for_update(of=["self"]).select_related("organization__namespace", "invited_by")
    return rows.get(id=invitation.id)


def _send(invitation: Invitation, secret: str) -> Sent:
    link = f"{settings.BASE_URL}{reverse('invitation', args=[secret])}"
    organization = invitation.organization
    is_mailed = mail.send(
        "invitation",
        invitation.email,
        {
            "inviter": invitation.invited_by.username if invitation.invited_by else organization.name,
            "organization": organization.name,
            "slug": organization.namespace.slug,
            "site": settings.BASE_URL,
            "role": ROLES[invitation.role].title,
            "expires": invitation.expires_at.strftime("%Y-%m-%d %H:%M"),
            "link": link,
            "email": invitation.email,
        },
    )
    return Sent(invitation, link, is_mailed)


def _record(by: Actor, action: HubAction, invitation: Invitation, data: Mapping[str, object]) -> None:
    audit.record(by, action, invitation, namespace=invitation.organization.namespace, data=data)
