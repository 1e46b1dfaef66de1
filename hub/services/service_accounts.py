"""Service accounts: machines that act in an organization, and their tokens."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from hub.actors import Actor
from hub.domain import slugs
from hub.domain.actions import HubAction
from hub.domain.decisions import require
from hub.models import ApiToken, Membership, Organization, ServiceAccount, TokenKind, User
from hub.policies import service_accounts as policies
from hub.services import audit, tokens

DESCRIPTION_MAX_LENGTH = 300
MAX_ACCOUNTS = 500  # for each organization; a list longer than that is read by nobody


class NameTaken(Exception):
    """The organization has, or once had, a service account of this name."""


class TooMany(Exception):
    """The organization has as many service accounts as one may have."""


class Gone(Exception):
    """The service account was deleted meanwhile."""


class InvalidDescription(ValueError):
    """A description that cannot be kept; the message says why."""


def create(*, by: Actor, organization: Organization, name: str, role: str, description: str = "") -> ServiceAccount:
    """Make a service account with `role` in the organization. It cannot sign in; tokens are made for it.

    A name is used once: what the log says of `acme/ci` is about one account for ever. Raises PermissionRefused,
    InvalidName, InvalidDescription, NameTaken or TooMany.
    """
    require(policies.may_give_role(by, organization, role))
    name = slugs.check_service_account_name(slugs.normalize(name))
    _check_description(description)
    try:
        with transaction.atomic():
            slug = _locked(organization).namespace.slug
            if ServiceAccount.objects.filter(organization=organization).count() >= MAX_ACCOUNTS:
                raise TooMany(f"An organization has at most {MAX_ACCOUNTS} service accounts.")
            user = _user(f"{slug}/{name}")
            account = ServiceAccount.objects.create(
                user=user, organization=organization, name=name, description=description, created_by=by.user
            )
            Membership.objects.create(organization=organization, user=user, role=role)
            _record(by, HubAction.SERVICE_ACCOUNT_CREATE, account, {"role": role, "description": description})
    except IntegrityError:
        raise NameTaken(f"“{name}” is, or once was, the name of another service account here.") from None
    return account


def update(*, by: Actor, account: ServiceAccount, description: str, role: str) -> None:
    """Describe the account anew and give it `role`. Its tokens have the new role's power at once.

    Raises PermissionRefused, InvalidDescription or Gone.
    """
    _check_description(description)
    with transaction.atomic():
        membership = _locked_membership(account)
        require(policies.may_change(by, account.organization, membership.role))
        require(policies.may_give_role(by, account.organization, role))
        before = {"role": membership.role, "description": account.description}
        after = {"role": role, "description": description}
        if before != after:
            Membership.objects.filter(id=membership.id).update(role=role)
            ServiceAccount.objects.filter(id=account.id).update(description=description)
            _record(by, HubAction.SERVICE_ACCOUNT_UPDATE, account, {"before": before, "after": after})
    account.description = description


def delete(*, by: Actor, account: ServiceAccount) -> None:
    """End the account: its tokens, its membership, and with that its teams and grants. What it did stays under its name.

    Raises PermissionRefused or Gone.
    """
    with transaction.atomic():
        membership = _locked_membership(account)
        require(policies.may_change(by, account.organization, membership.role))
        retire(by=by, account=account)


def retire(*, by: Actor, account: ServiceAccount) -> None:
    """What `delete` does, in the transaction of a caller who has asked the policy: an organization that goes as a whole."""
    user = account.user
    with transaction.atomic():
        for token in ApiToken.objects.filter(user=user, revoked_at=None).select_related(
            "organization__namespace", "user"
        ):
            tokens.end(by=by, token=token)
        _record(by, HubAction.SERVICE_ACCOUNT_DELETE, account, {"description": account.description})
        Membership.objects.filter(user=user).delete()
        ServiceAccount.objects.filter(id=account.id).delete()
        # The row stays, for the releases that it published; it can neither sign in nor be given anything any more.
        User.objects.filter(id=user.id).update(is_active=False)


def create_token(
    *,
    by: Actor,
    account: ServiceAccount,
    name: str,
    scopes: Iterable[str],
    patterns: Iterable[str] = (),
    expires_at: datetime | None = None,
) -> tokens.NewToken:
    """Make a token with which a program is this account, bound to its organization.

    Raises PermissionRefused, Gone, and what `hub.services.tokens.create` raises for limits: InvalidToken, TooLong, TooMany,
    InvalidPattern.
    """
    limits = tokens.Limits.of(scopes, patterns, account.organization, expires_at)
    if expires_at is not None and expires_at <= timezone.now():
        raise tokens.InvalidToken("The token would have ended before it began.")
    with transaction.atomic():
        _locked_membership(account)
        require(policies.may_make_token(by, account.organization, account.user))
        tokens.require_room(account.user)
        return tokens.issue(by=by, holder=account.user, kind=TokenKind.SERVICE, name=name, limits=limits)


def _user(username: str) -> User:
    """The account's row among the people. Nobody can know its address, and no mail to it goes anywhere."""
    user = User(username=username, email=f"{secrets.token_hex(16)}@service.invalid", is_service=True)
    user.set_unusable_password()
    user.save(force_insert=True)
    return user


def _locked(organization: Organization) -> Organization:
    """The organization as it is now: a name that is being changed would end up in the account's username half."""
    return Organization.objects.select_for_update(of=["self"]).select_related("namespace").get(id=organization.id)


def _locked_membership(account: ServiceAccount) -> Membership:
    """The account's membership, locked with it against deeds at the same time. Raises Gone."""
    rows = Membership.objects.select_for_update(of=["self"]).filter(
        user=account.user_id, organization=account.organization_id
    )
    membership = rows.filter(user__service_account=account.id).first()
    if membership is None:
        raise Gone("This service account was deleted meanwhile.")
    return membership


def _check_description(description: str) -> None:
    if len(description) > DESCRIPTION_MAX_LENGTH or (description and not description.isprintable()):
        raise InvalidDescription(f"A description is one line of at most {DESCRIPTION_MAX_LENGTH} visible characters.")


def _record(by: Actor, action: HubAction, account: ServiceAccount, data: dict[str, object]) -> None:
    namespace = account.organization.namespace
    audit.record(by, action, account, namespace=namespace, data={"name": account.name, **data})
