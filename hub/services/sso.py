"""Single sign-on of an organization: how its provider is set up, and what happens to whoever comes back from there."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from hub import outbound, vault
from hub.actors import Actor
from hub.domain import identities
from hub.domain.actions import HubAction
from hub.domain.decisions import PermissionRefused, require
from hub.domain.identities import GROUP_MAX_LENGTH, Identity
from hub.domain.roles import Permission
from hub.models import Organization, Role, Source, SsoConnection, SsoProtocol, User
from hub.policies import organizations as policies
from hub.services import accounts, audit, group_mappings, namespaces, scim
from hub.sso import saml

MAX_HOURS = 7 * 24
# What decides about who people are, and what happens to them then.
_BELIEVED = ("issuer", "client_id", "sso_url", "certificates")
_POLICY = ("groups_claim", "jit_enabled", "default_role", "session_hours")
ERROR_MAX_LENGTH = 300


class InvalidConnection(ValueError):
    """Something that a connection cannot have. `field` names what to mend."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class NotReady(Exception):
    """The connection has to come back well from a test first, or is needed as it is; the message says which."""


class NoConnection(Exception):
    """The organization has no connection (any more)."""


class Unknown(Exception):
    """The provider knows the person, the hub does not: an account with this address has to be connected by its owner first."""


class Refused(Exception):
    """The person is not let in; the message says why."""


@dataclass(frozen=True)
class Setup:
    """What somebody wants of the provider.

    `secret` None keeps the one that is there. SAML takes issuer, address and certificates from the provider's `metadata`
    (XML); without any the connection keeps what it has, which is nothing as long as the provider does not know the hub yet.
    """

    issuer: str = ""
    client_id: str = ""
    secret: str | None = None
    protocol: str = SsoProtocol.OIDC.value
    metadata: str = ""
    groups_claim: str = ""
    jit_enabled: bool = True
    default_role: str = Role.MEMBER.value
    session_hours: int = 12


def of(organization: Organization) -> SsoConnection | None:
    """The organization's connection. One query."""
    return SsoConnection.objects.filter(organization=organization).select_related("organization__namespace").first()


def enabled(slug: str) -> SsoConnection | None:
    """The connection of the organization of that name, if people can sign in through it. One query."""
    rows = SsoConnection.objects.filter(is_enabled=True, organization__deleted_at=None)
    return rows.select_related("organization__namespace").filter(organization__namespace__slug=slug).first()


def configure(*, by: Actor, organization: Organization, setup: Setup) -> SsoConnection:
    """Set the provider up, or anew. Whatever decides about who people are has to be tested again before it is used.

    Another issuer is another set of people: identities of the former one are forgotten. Raises PermissionRefused,
    InvalidConnection, or NotReady while single sign-on is required.
    """
    require(policies.may(by, organization, Permission.SECURITY_MANAGE))
    require(policies.may_give_role(by, organization, setup.default_role))
    believed = _believed(setup)
    with transaction.atomic():
        locked = Organization.objects.select_for_update().get(id=organization.id)
        row = SsoConnection.objects.filter(organization=organization).first()
        before = _described(row) if row is not None else None
        row = row or SsoConnection(organization=organization, protocol=setup.protocol, key=secrets.token_hex(8))
        is_other = row.protocol != setup.protocol
        if is_other:
            believed = dict.fromkeys((*_BELIEVED, "sealed_secret"), "") | believed
        changed = (
            row.pk is None
            or is_other
            or setup.secret is not None
            or any(getattr(row, name) != value for name, value in believed.items())
        )
        if changed and locked.sso_required and row.is_enabled:
            raise NotReady("Single sign-on is required now, so this would lock everybody out. Stop requiring it first.")
        if row.issuer and row.issuer != believed.get("issuer", row.issuer):
            SocialAccount.objects.filter(provider=row.key).delete()
            row.key = secrets.token_hex(8)
        if changed:
            row.is_enabled, row.tested_at, row.configured_at = False, None, timezone.now()
        if setup.secret is not None:
            believed["sealed_secret"] = vault.seal(setup.secret) if setup.secret else ""
        policy = {name: getattr(setup, name) for name in _POLICY}
        for name, value in {**believed, **policy, "protocol": setup.protocol}.items():
            setattr(row, name, value)
        row.save()
        data = {"before": before, "after": _described(row), "new_secret": setup.secret is not None}
        _record(by, HubAction.SSO_CONFIGURE, organization, data)
    return row


def tested(*, by: Actor, connection: SsoConnection, identity: Identity) -> None:
    """A round trip of somebody who manages the connection came back well. Raises PermissionRefused."""
    organization = connection.organization
    require(policies.may(by, organization, Permission.SECURITY_MANAGE))
    with transaction.atomic():
        rows = SsoConnection.objects.filter(id=connection.id, configured_at=connection.configured_at)
        rows.update(tested_at=timezone.now(), last_error="", failed_at=None)
        _record(by, HubAction.SSO_TEST, organization, {"subject": identity.subject, "groups": len(identity.groups)})


def enable(*, by: Actor, organization: Organization) -> None:
    """Let people sign in through the connection. Raises PermissionRefused, NoConnection or NotReady."""
    require(policies.may(by, organization, Permission.SECURITY_MANAGE))
    with transaction.atomic():
        row = _locked(organization)
        if not row.is_tested():
            raise NotReady("Test the connection first.")
        if not row.is_enabled:
            SsoConnection.objects.filter(id=row.id).update(is_enabled=True)
            _record(by, HubAction.SSO_ENABLE, organization, {"issuer": row.issuer})


def disable(*, by: Actor, organization: Organization) -> None:
    """Let nobody sign in through the connection; what sessions and tokens proved there does not count any more.

    Raises PermissionRefused, NoConnection, or NotReady while single sign-on is required.
    """
    require(policies.may(by, organization, Permission.SECURITY_MANAGE))
    with transaction.atomic():
        row = _locked(organization)
        _require_dispensable(row)
        if row.is_enabled:
            SsoConnection.objects.filter(id=row.id).update(is_enabled=False)
            _record(by, HubAction.SSO_DISABLE, organization, {"issuer": row.issuer})


def delete(*, by: Actor, organization: Organization) -> None:
    """Forget the connection and the identities of its provider. Accounts and memberships stay.

    Raises PermissionRefused, NoConnection, or NotReady while single sign-on is required.
    """
    require(policies.may(by, organization, Permission.SECURITY_MANAGE))
    with transaction.atomic():
        row = _locked(organization)
        _require_dispensable(row)
        SocialAccount.objects.filter(provider=row.key).delete()
        _record(by, HubAction.SSO_DELETE, organization, _described(row))
        row.delete()


def failed(*, by: Actor, connection: SsoConnection, reason: str) -> None:
    """Keep what went wrong, for those who set the connection up."""
    with transaction.atomic():
        rows = SsoConnection.objects.filter(id=connection.id)
        rows.update(last_error=reason[:ERROR_MAX_LENGTH], failed_at=timezone.now())
        _record(by, HubAction.SSO_REFUSE, connection.organization, {"reason": reason[:ERROR_MAX_LENGTH]})


def owner_of(connection: SsoConnection, identity: Identity) -> User | None:
    """The account that the identity belongs to. One query."""
    rows = SocialAccount.objects.filter(provider=connection.key, uid=identity.subject).select_related("user")
    row = rows.first()
    return row.user if row is not None else None


def connect(*, by: Actor, connection: SsoConnection, identity: Identity) -> None:
    """Let the identity stand for the signed-in person from now on, who has seen it and agreed.

    Raises PermissionRefused without a sign-in of the person's own, or Refused if it stands for somebody else, or the person
    has another one there.
    """
    user = by.user
    if user is None or not by.is_person_in_browser or by.confined_to not in (None, connection.organization_id):
        raise PermissionRefused("Sign in with your password to connect an identity.")
    with transaction.atomic():
        Organization.objects.select_for_update(no_key=True).get(id=connection.organization_id)
        mine = SocialAccount.objects.filter(provider=connection.key)
        if mine.filter(user=user).exclude(uid=identity.subject).exists():
            raise Refused("Your account is connected with another identity there. Disconnect that one first.")
        if mine.filter(uid=identity.subject).exclude(user=user).exists():
            raise Refused("This identity is connected with another account here.")
        if not mine.filter(user=user).exists():
            _link(by, connection, identity, user)


def disconnect(*, by: Actor, connection: SsoConnection) -> bool:
    """Undo `connect` for the signed-in person; what it proved ends at once. Returns whether there was anything to undo."""
    if by.user is None or not by.is_person_in_browser:
        raise PermissionRefused("Sign in in the browser to disconnect an identity.")
    with transaction.atomic():
        deleted, _ = SocialAccount.objects.filter(provider=connection.key, user=by.user).delete()
        if deleted:
            _record(by, HubAction.SSO_UNLINK, connection.organization, {"member": by.user.username})
    return bool(deleted)


def arrive(*, by: Actor, connection: SsoConnection, identity: Identity) -> User:
    """Who the person is that came back from the provider, with membership and teams brought up to date.

    An identity that nobody here has makes an account, if the connection allows that, but never takes one over: whose
    address it has is asked to connect it (Unknown). Raises Refused for whoever is not let in.
    """
    organization = connection.organization
    with transaction.atomic():
        Organization.objects.select_for_update(no_key=True).get(id=organization.id)
        user = owner_of(connection, identity)
        if user is None:
            user = _newcomer(by, connection, identity)
        if not user.is_active or user.is_service:
            raise Refused("This account is switched off.")
        acting = Actor(user, request_id=by.request_id, ip_address=by.ip_address, source=by.source)
        scim.match(by=acting, organization=organization, user=user, email=identity.email)
        if scim.is_blocked(organization, user):
            raise Refused("The organization's directory has switched this account off. Ask an admin there.")
        membership = group_mappings.apply(
            by=acting,
            organization=organization,
            user=user,
            groups=identity.groups,
            source=Source.SSO,
            default_role=connection.default_role if connection.jit_enabled else "",
        )
        if membership is None:
            raise Refused("You are not a member of the organization. Ask an admin there to let you in.")
        if connection.last_error:
            SsoConnection.objects.filter(id=connection.id).update(last_error="", failed_at=None)
        _record(acting, HubAction.SSO_SIGN_IN, organization, {"member": user.username})
    return user


def _newcomer(by: Actor, connection: SsoConnection, identity: Identity) -> User:
    waiting = scim.provisioned_account(connection.organization, identity.email) if identity.email else None
    if waiting is not None:
        _link(Actor(waiting, request_id=by.request_id, ip_address=by.ip_address), connection, identity, waiting)
        return waiting
    address = Q(email=identity.email) | Q(emailaddress__email__iexact=identity.email)
    if identity.email and User.objects.filter(address).exists():
        raise Unknown
    if not connection.jit_enabled:
        raise Refused("There is no account for you here. Ask an admin of the organization for an invitation.")
    for username in identities.usernames(identity):
        # Nobody can know the address of somebody whose provider tells none, and no mail to it goes anywhere.
        user = User(
            username=username,
            email=identity.email or f"{secrets.token_hex(16)}@sso.invalid",
            first_name=identity.name,
        )
        user.set_unusable_password()
        try:
            accounts.create(by=by, user=user)
        except namespaces.NameTaken:
            continue
        except accounts.EmailTaken:
            raise Unknown from None
        _link(Actor(user, request_id=by.request_id, ip_address=by.ip_address), connection, identity, user)
        return user
    raise AssertionError("names have no end")


def _link(by: Actor, connection: SsoConnection, identity: Identity, user: User) -> None:
    try:
        with transaction.atomic():
            SocialAccount.objects.create(user=user, provider=connection.key, uid=identity.subject, extra_data={})
            data = {"member": user.username, "subject": identity.subject}
            _record(by, HubAction.SSO_LINK, connection.organization, data)
    except IntegrityError:
        raise Refused("This identity was connected with another account at the same moment.") from None


def _believed(setup: Setup) -> dict[str, str]:
    """The fields of `_BELIEVED` that `setup` asks for. Raises InvalidConnection for anything that a connection cannot have."""
    _check_policy(setup)
    if setup.protocol == SsoProtocol.OIDC:
        _check_client(setup)
        return {"issuer": setup.issuer, "client_id": setup.client_id}
    if setup.protocol != SsoProtocol.SAML:
        raise InvalidConnection("protocol", "The protocol is “oidc” or “saml”.")
    if not setup.metadata.strip():
        return {}
    try:
        found = saml.provider_of(setup.metadata)
    except saml.InvalidMetadata as error:
        raise InvalidConnection("metadata", str(error)) from None
    return {"issuer": found.entity_id, "sso_url": found.sso_url, "certificates": found.certificates}


def _check_client(setup: Setup) -> None:
    try:
        where = outbound.target(setup.issuer, allowed_hosts=settings.SSO_ALLOWED_HOSTS)
    except outbound.Refused as error:
        raise InvalidConnection("issuer", str(error)) from None
    if "?" in where.path or len(setup.issuer) > 500:
        raise InvalidConnection("issuer", "An issuer is an address without “?”, of at most 500 characters.")
    if not setup.client_id or len(setup.client_id) > 255 or not setup.client_id.isprintable():
        raise InvalidConnection("client_id", "The client's id has 1 to 255 visible characters.")
    if setup.secret is not None and (len(setup.secret) > 1000 or not setup.secret.isprintable()):
        raise InvalidConnection("secret", "The client's secret has at most 1000 visible characters.")


def _check_policy(setup: Setup) -> None:
    if len(setup.groups_claim) > GROUP_MAX_LENGTH or not setup.groups_claim.isprintable():
        raise InvalidConnection("groups_claim", f"The claim has at most {GROUP_MAX_LENGTH} visible characters.")
    if setup.default_role == Role.OWNER or setup.default_role not in Role.values:
        raise InvalidConnection("default_role", "A provider makes no owners. Choose another role.")
    if not 1 <= setup.session_hours <= MAX_HOURS:
        raise InvalidConnection("session_hours", f"From 1 to {MAX_HOURS} hours.")


def _locked(organization: Organization) -> SsoConnection:
    Organization.objects.select_for_update().get(id=organization.id)
    row = SsoConnection.objects.filter(organization=organization).select_related("organization").first()
    if row is None:
        raise NoConnection("There is no connection.")
    return row


def _require_dispensable(row: SsoConnection) -> None:
    if row.organization.sso_required:
        raise NotReady("Single sign-on is required now, so this would lock everybody out. Stop requiring it first.")


def _described(row: SsoConnection) -> dict[str, object]:
    """What the log says of a connection: never its secret."""
    names = ("issuer", "client_id", "sso_url", *_POLICY, "is_enabled")
    found = {name: getattr(row, name) for name in names} | {"protocol": str(row.protocol)}
    return found | {"certificates": identities.fingerprints(row.certificates)}


def _record(by: Actor, action: HubAction, organization: Organization, data: Mapping[str, object]) -> None:
    audit.record(by, action, organization, namespace=organization.namespace, data=data)


def as_setup(row: SsoConnection) -> dict[str, object]:
    """What `Setup` would take to leave the connection as it is."""
    names = asdict(Setup()).keys() - {"secret", "metadata"}
    return {name: getattr(row, name) for name in names}


def is_connected(connection: SsoConnection, user: User) -> bool:
    """Whether the person has an identity at the connection's provider. One query."""
    return bool(SocialAccount.objects.filter(provider=connection.key, user=user).exists())


def connections_of(user: User) -> list[SsoConnection]:
    """The providers that the person has an identity at, by organization. One query."""
    mine = SocialAccount.objects.filter(user=user).values("provider")
    rows = SsoConnection.objects.filter(key__in=mine, organization__deleted_at=None)
    return list(rows.select_related("organization__namespace").order_by("organization__name", "id"))
