"""API tokens: making, recognising, rotating and revoking them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from hub import shortcache
from hub.actors import Actor
from hub.domain import tokens as domain
from hub.domain.actions import HubAction, Scope
from hub.domain.decisions import require
from hub.domain.patterns import MAX_PATTERNS, Pattern
from hub.models import ApiToken, Organization, SsoConnection, TokenKind, User
from hub.policies import tokens as policies
from hub.services import audit

# The time of last use is for people to read. Writing it more often would make every fetch a write.
LAST_USED_PRECISION = timedelta(minutes=1)
MAX_OVERLAP = timedelta(days=7)
MAX_LIFE = timedelta(days=3654)  # ten years and the rest of a day; whoever wants longer means for ever
MAX_IN_FORCE = 200  # for each person or service account; nobody keeps track of more
NAME_MAX_LENGTH = 100


class InvalidToken(ValueError):
    """What was asked for cannot be a token; the message says why."""


class TooLong(InvalidToken):
    """The token would live longer than the organization allows."""


class TooMany(Exception):
    """The holder has as many tokens in force as one may have."""


class NotInForce(Exception):
    """The token has expired or is revoked, so there is nothing to rotate."""


class RotatedAlready(Exception):
    """The token has a successor, whose secret was shown to whoever rotated it."""


@dataclass(frozen=True)
class NewToken:
    """A token just made. `secret` exists nowhere else and is shown once; no `repr` writes it into a log."""

    token: ApiToken
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Limits:
    """What a token is narrowed to: scopes, packages (patterns), one organization (None: all), and its end (None: never)."""

    scopes: frozenset[str]
    patterns: tuple[str, ...] = ()
    organization: Organization | None = None
    expires_at: datetime | None = None

    @classmethod
    def of(
        cls,
        scopes: Iterable[str],
        patterns: Iterable[str] = (),
        organization: Organization | None = None,
        expires_at: datetime | None = None,
    ) -> Limits:
        """Checked limits. Raises InvalidToken (no scope, an unknown one, too many patterns, too far an end) or InvalidPattern."""
        try:
            wanted = frozenset(str(Scope(scope)) for scope in scopes)
        except ValueError as error:
            raise InvalidToken(f"There is no such scope: {error}.") from None
        if not wanted:
            raise InvalidToken("A token needs at least one scope.")
        checked = tuple(dict.fromkeys(str(Pattern.parse(text)) for text in patterns))
        if len(checked) > MAX_PATTERNS:
            raise InvalidToken(f"A token takes at most {MAX_PATTERNS} patterns.")
        if expires_at is not None and expires_at > timezone.now() + MAX_LIFE:
            raise InvalidToken("A token ends within ten years, or never.")
        return cls(wanted, checked, organization, expires_at)


def create(
    *,
    by: Actor,
    name: str,
    scopes: Iterable[str],
    expires_at: datetime | None = None,
    patterns: Iterable[str] = (),
    organization: Organization | None = None,
) -> NewToken:
    """Make a token for the actor, with no more proof than the session it is made in.

    A session that is confined to an organization makes tokens for that one. Raises PermissionRefused for anonymous
    actors and for tokens (a token makes no tokens), InvalidToken, TooLong, TooMany, and InvalidPattern.
    """
    if organization is None and by.confined_to is not None:
        organization = Organization.objects.filter(id=by.confined_to).first()
    require(policies.may_create(by, organization))
    limits = Limits.of(scopes, patterns, organization, expires_at)
    if not limits.scopes <= set(map(str, policies.PERSONAL_SCOPES)):
        raise InvalidToken("The scope “scim” is for tokens of service accounts.")
    with transaction.atomic():
        require_room(by.user)
        return issue(by=by, holder=by.user, kind=TokenKind.PERSONAL, name=name, limits=limits)


def issue(*, by: Actor, holder: User | None, kind: str, name: str, limits: Limits) -> NewToken:
    """Store a new token of `kind` for `holder`. The caller has asked the policy. Raises InvalidToken or TooLong.

    The proof that `by` brought (single sign-on, second factor) is written into the token.
    """
    _check_name(name)
    _check_life(limits)
    secret = domain.generate()
    with transaction.atomic():
        token = ApiToken.objects.create(
            kind=kind,
            user=holder,
            organization=limits.organization,
            created_by=by.user,
            name=name,
            digest=domain.digest(secret),
            hint=secret[-4:],
            scopes=sorted(limits.scopes),
            package_patterns=list(limits.patterns),
            sso_organizations=sorted(by.sso),
            second_factor=by.second_factor,
            expires_at=limits.expires_at,
        )
        _record(by, HubAction.TOKEN_CREATE, token, _described(token))
    return NewToken(token, secret)


def rotate(*, by: Actor, token: ApiToken, overlap: timedelta) -> NewToken:
    """Make a successor with the same limits; the old secret works for `overlap` more (at most MAX_OVERLAP) and then ends.

    The successor lives as long as the old one was made for, or as long as the organization allows today. It proves what
    `by` proves, not what the old one did. Of two calls at once one gets it. Raises PermissionRefused, InvalidToken for an
    overlap that is too long, NotInForce or RotatedAlready.
    """
    require(policies.may_rotate(by, token))
    if not timedelta(0) <= overlap <= MAX_OVERLAP:
        raise InvalidToken(f"The overlap is at most {MAX_OVERLAP.days} days.")
    with transaction.atomic():
        old = ApiToken.objects.select_for_update(of=["self"]).select_related("organization", "user").get(id=token.id)
        if old.replacements.exists():
            raise RotatedAlready("This token was rotated already.")
        if not old.is_in_force():
            raise NotInForce("This token has expired or is revoked. Make a new one.")
        now = timezone.now()
        limits = Limits.of(old.scopes, old.package_patterns, old.organization, _end_of_successor(old, now))
        made = issue(by=by, holder=old.user, kind=old.kind, name=old.name, limits=limits)
        end = min(now + overlap, old.expires_at or now + overlap)
        ApiToken.objects.filter(id=made.token.id).update(replaces=old)
        ApiToken.objects.filter(id=old.id).update(expires_at=end)
        before = {"expires": old.expires_at.isoformat() if old.expires_at else None}
        after = {"expires": end.isoformat(), "successor": made.token.id}
        _record(by, HubAction.TOKEN_ROTATE, old, {"before": before, "after": after})
    return made


def revoke(*, by: Actor, token: ApiToken) -> bool:
    """End a token at once. Returns whether this call ended it. Raises PermissionRefused."""
    require(policies.may_revoke(by, token))
    return end(by=by, token=token)


def end(*, by: Actor, token: ApiToken) -> bool:
    """As `revoke`, for a caller that has asked the policy: what ends with something else, such as a service account."""
    with transaction.atomic():
        ended = ApiToken.objects.filter(id=token.id, revoked_at=None).update(revoked_at=timezone.now())
        if ended:
            _record(by, HubAction.TOKEN_REVOKE, token, {"name": token.name, "kind": str(token.kind)})
    return bool(ended)


def require_room(holder: User | None) -> None:
    """Raise TooMany if `holder` has MAX_IN_FORCE tokens. Locks the holder, so that calls at once count each other."""
    if holder is None:
        return
    User.objects.select_for_update(no_key=True).get(id=holder.id)
    if ApiToken.objects.in_force().filter(user=holder).exclude(kind=TokenKind.DEVICE).count() >= MAX_IN_FORCE:
        raise TooMany(f"There are {MAX_IN_FORCE} tokens in force. Revoke some that are no longer used.")


def find(secret: str, ip_address: str | None = None) -> ApiToken | None:
    """The token in force whose secret this is, with its holder loaded, else None. One query; a use is noted once a minute.

    `has_authenticator` on the token says whether its person has a second factor today. The secret is looked up by its
    SHA-256, so no comparison of secrets takes a time that tells anything.
    """
    if not domain.is_well_formed(secret):
        return None
    token = _in_force().filter(digest=domain.digest(secret)).first()
    if token is not None:
        _note_use(token, ip_address)
    return token


def find_for_reading(secret: str, ip_address: str | None = None) -> ApiToken | None:
    """As `find`, but the answer may be up to `shortcache.TTL` seconds old (an expiry is seen at once)."""
    key = ("token", domain.digest(secret))
    token = shortcache.decisions.get(key, lambda: find(secret, ip_address))
    return token if token is not None and not token.is_expired() else None


def with_authenticators(rows: QuerySet[ApiToken]) -> QuerySet[ApiToken]:
    """`rows` with what the token's person has today: `has_authenticator`, a second factor; `live_sso`, the organizations at
    whose enabled provider the person has an identity.
    """
    factors = Authenticator.objects.filter(user=OuterRef("user")).exclude(type=Authenticator.Type.RECOVERY_CODES)
    identities = SocialAccount.objects.filter(user=OuterRef(OuterRef("user"))).values("provider")
    live = SsoConnection.objects.filter(is_enabled=True, key__in=identities).values("organization")
    return rows.annotate(has_authenticator=Exists(factors), live_sso=ArraySubquery(live))


def _in_force() -> QuerySet[ApiToken]:
    """Tokens that work, with what a decision needs beside them."""
    open_only = Q(organization=None) | Q(organization__deleted_at=None)
    return with_authenticators(ApiToken.objects.in_force().filter(open_only)).select_related("user")


def _check_life(limits: Limits) -> None:
    """Refuses a token that outlives what its organization allows.

    A token for all of a person's organizations is not refused: it has no power in those that allow less
    (`hub.policies.memberships.effective`), also if they start to allow less later.
    """
    organization = limits.organization
    if organization is None or organization.token_max_days is None:
        return
    # The end was counted when the form was sent; the check comes a little later, never earlier.
    latest = timezone.now() + timedelta(days=organization.token_max_days)
    if limits.expires_at is None or limits.expires_at > latest:
        raise TooLong(f"{organization.name} allows tokens to live {organization.token_max_days} days at most.")


def _check_name(name: str) -> None:
    if not name.strip() or len(name) > NAME_MAX_LENGTH or not name.isprintable():
        raise InvalidToken(f"A token's name is 1 to {NAME_MAX_LENGTH} visible characters on one line.")


def _end_of_successor(old: ApiToken, now: datetime) -> datetime | None:
    """When the successor ends: after the old one's life, cut to what the organization has come to allow meanwhile."""
    life = old.expires_at - old.created_at if old.expires_at else None
    if old.organization is not None and old.organization.token_max_days is not None:
        longest = timedelta(days=old.organization.token_max_days)
        life = min(life or longest, longest)
    return now + life if life is not None else None


def _note_use(token: ApiToken, ip_address: str | None) -> None:
    now = timezone.now()
    stale = now - LAST_USED_PRECISION
    if token.last_used_at is None or token.last_used_at < stale:
        unnoted = Q(last_used_at=None) | Q(last_used_at__lt=stale)
        ApiToken.objects.filter(unnoted, id=token.id).update(last_used_at=now, last_used_ip=ip_address)


def _described(token: ApiToken) -> dict[str, object]:
    """What the audit log says of a token: never its secret or digest."""
    return {
        "name": token.name,
        "kind": str(token.kind),
        "scopes": list(token.scopes),
        "patterns": list(token.package_patterns),
        "holder": token.user.username if token.user is not None else None,
        "expires": token.expires_at.isoformat() if token.expires_at else None,
    }


def _record(by: Actor, action: HubAction, token: ApiToken, data: dict[str, object]) -> None:
    namespace = None
    if token.organization is not None:
        namespace = token.organization.namespace
    elif token.user is not None and not token.user.is_service:
        namespace = token.user.namespace
    audit.record(by, action, token, namespace=namespace, data=data)
