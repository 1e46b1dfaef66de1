"""Rows of people's own pages and of organizations."""

from __future__ import annotations

from typing import Any

from tests.access.table import (
    AUDITORS,
    EVERYBODY,
    MANAGERS,
    MEMBERS,
    NO_SESSION,
    NO_TOKEN,
    OWNERS,
    PEOPLE,
    Row,
    api,
    every,
    own,
    page,
)
from tests.access.world import ACTORS

# Leads every member back to the page that has the form.
READ = {"inside": 302}
MIXED = {"second_factor_required": False, "sso_required": False, "token_max_days": 30}
# Where everybody who is signed in sees what is their own, and nobody anything of others.
MINE = {"stranger": 200, "without_sso": 200, "inside": 200}
NOT_MINE = {"stranger": 404, "without_sso": 404, "inside": 404}
TOKEN = {"name": "laptop", "scopes": ["read"], "lifetime": "90", "organization": ""}


ORG = "organizations/<str:slug>"
TEAM = f"{ORG}/teams/<str:team>"
INVITATION = f"{ORG}/invitations/<int:invitation_id>"
ACCOUNT = f"{ORG}/service-accounts/<str:name>"
SERVICE_TOKEN = f"{ACCOUNT}/tokens/<int:token_id>"
BUILDER = {"name": "builder"}
KIM = {"username": "the-other"}


def asks(route: str, through: frozenset[str], *audit: str, **more: Any) -> tuple[Row, Row]:
    """A page that asks, and then does it."""
    data, others = more.pop("data", {}), more.pop("others", None)
    return (
        page("GET", route, through, others=others, **more),
        page("POST", route, through, done=302, others=others, data=data, audit=audit, **more),
    )


def does(route: str, through: frozenset[str], *audit: str, done: int = 302, **more: Any) -> tuple[Row, Row]:
    """A form's own address: read, it leads back to the page that has the form."""
    return (
        page("GET", route, through, done=302, parameters=more.get("parameters", {}), others=more.pop("read_by", None)),
        page("POST", route, through, done=done, audit=audit, **more),
    )


PEOPLES_OWN: tuple[Row, ...] = (
    page("GET", "settings/devices", PEOPLE),
    own("GET", "settings/devices/<int:device_id>/end", 200),
    own("POST", "settings/devices/<int:device_id>/end", 302, audit=("hub.device.end",)),
    page("GET", "device", PEOPLE),
    page("POST", "device", PEOPLE, done=302, data={"code": "$code", "answer": "deny"}, audit=("hub.device.deny",)),
    own("GET", "settings/security/sessions/<int:session_id>/end", 200),
    own("POST", "settings/security/sessions/<int:session_id>/end", 302, audit=("hub.session.end",)),
    own("GET", "settings/security/identities/<str:key>/disconnect", 200),
    own("POST", "settings/security/identities/<str:key>/disconnect", 302, audit=("hub.sso.unlink",)),
    own("GET", "settings/tokens/<int:token_id>/revoke", 200, parameters={"token_id": "$own_token_id"}),
    own(
        "POST",
        "settings/tokens/<int:token_id>/revoke",
        302,
        parameters={"token_id": "$own_token_id"},
        audit=("hub.token.revoke",),
    ),
    own("GET", "settings/tokens/<int:token_id>/rotate", 200, parameters={"token_id": "$own_token_id"}),
    own(
        "POST",
        "settings/tokens/<int:token_id>/rotate",
        200,
        parameters={"token_id": "$own_token_id"},
        data={"overlap": "24"},
        audit=("hub.token.create", "hub.token.rotate"),
    ),
    every("GET", "invitations/<str:secret>", 302, parameters={"secret": "$invitation"}),
    every("GET", "invitations/accept", 404),
    every("POST", "invitations/accept", 404),
)

ORGANIZATIONS: tuple[Row, ...] = (
    page("GET", f"{ORG}/activity/export", AUDITORS),
    # The events are those of the owner, who is the last one and cannot leave.
    *asks(f"{ORG}/leave", MEMBERS),
    *does(
        f"{ORG}/members",
        MANAGERS,
        "hub.membership.create",
        read_by=READ,
        data={"username": "the-other", "role": "member"},
    ),
    page("GET", f"{ORG}/members/<str:username>", MANAGERS),
    page(
        "POST",
        f"{ORG}/members/<str:username>",
        MANAGERS,
        done=302,
        data={"role": "maintainer"},
        audit=("hub.membership.update",),
    ),
    *asks(f"{ORG}/members/<str:username>/remove", MANAGERS, "hub.membership.delete"),
    page("GET", f"{ORG}/roles", MEMBERS),
    *asks(f"{ORG}/rename", OWNERS, "hub.organization.rename", data={"slug": "acme-works", "confirmation": "acme"}),
    *asks(f"{ORG}/delete", OWNERS, "hub.organization.delete", data={"confirmation": "acme"}),
    *(
        Row(
            method,
            f"{ORG}/restore",
            {a: 302 if a in NO_SESSION | {"owner", "without_sso"} else 404 for a in ACTORS},
            {"slug": "closed"},
            audit=audit,
        )
        for method, audit in (("GET", ()), ("POST", ("hub.organization.restore",)))
    ),
    page("GET", f"{ORG}/teams", MEMBERS),
    page("POST", f"{ORG}/teams", MANAGERS, done=302, data={"slug": "web", "name": "Web"}, audit=("hub.team.create",)),
    page("GET", TEAM, MEMBERS),
    *asks(f"{TEAM}/edit", MANAGERS, "hub.team.update", data={"slug": "core", "name": "The core"}),
    *asks(f"{TEAM}/delete", MANAGERS, "hub.team.delete"),
    *does(f"{TEAM}/members", MANAGERS, "hub.team-member.create", read_by=READ, data={"username": "the-member"}),
    *asks(f"{TEAM}/members/<path:username>/remove", MANAGERS, "hub.team-member.delete"),
    page("GET", f"{ORG}/invitations", MANAGERS),
    page(
        "POST",
        f"{ORG}/invitations",
        MANAGERS,
        data={"email": "more@example.com", "role": "member"},
        audit=("hub.invitation.create",),
    ),
    *does(f"{INVITATION}/resend", MANAGERS, done=302),
    *asks(f"{INVITATION}/revoke", MANAGERS, "hub.invitation.revoke"),
    page("GET", f"{ORG}/sso", MANAGERS),
    page(
        "POST",
        f"{ORG}/sso",
        MANAGERS,
        done=302,
        data={"protocol": "saml", "default_role": "member", "session_hours": "3"},
        audit=("hub.sso.configure",),
    ),
    *does(f"{ORG}/sso/test", MANAGERS, done=200),
    *does(f"{ORG}/sso/enable", MANAGERS),
    *does(f"{ORG}/sso/disable", MANAGERS, "hub.sso.disable"),
    *asks(f"{ORG}/sso/delete", MANAGERS, "hub.sso.delete"),
    *does(f"{ORG}/sso/mappings", MANAGERS, "hub.group-mapping.create", data={"group": "others", "role": "member"}),
    *asks(f"{ORG}/sso/mappings/<int:mapping_id>/remove", MANAGERS, "hub.group-mapping.delete"),
    page(
        "POST",
        f"{ORG}/service-accounts",
        MANAGERS,
        done=302,
        data={"name": "second", "role": "member"},
        audit=("hub.service-account.create",),
    ),
    page("GET", ACCOUNT, MANAGERS, parameters=BUILDER),
    page(
        "POST",
        ACCOUNT,
        MANAGERS,
        done=302,
        parameters=BUILDER,
        data={"description": "Builds.", "role": "maintainer"},
        audit=("hub.service-account.update",),
    ),
    *asks(f"{ACCOUNT}/delete", MANAGERS, "hub.service-account.delete", "hub.token.revoke", parameters=BUILDER),
    *does(
        f"{ACCOUNT}/tokens",
        MANAGERS,
        "hub.token.create",
        done=200,
        parameters=BUILDER,
        data={"name": "nightly", "scopes": ["read"], "lifetime": "90"},
    ),
    page("GET", f"{SERVICE_TOKEN}/rotate", MANAGERS, parameters=BUILDER),
    page(
        "POST",
        f"{SERVICE_TOKEN}/rotate",
        MANAGERS,
        parameters=BUILDER,
        data={"overlap": "24"},
        audit=("hub.token.create", "hub.token.rotate"),
    ),
    *asks(f"{SERVICE_TOKEN}/revoke", MANAGERS, "hub.token.revoke", parameters=BUILDER),
)


def call(method: str, route: str, through: frozenset[str], *audit: str, done: int = 0, **more: Any) -> Row:
    """Something about an organization over REST."""
    done = done or {"POST": 201, "DELETE": 204}.get(method, 200)
    return api(method, route, through, done=done, audit=audit, **more)


API: tuple[Row, ...] = (
    api("GET", "me/audit-events", PEOPLE | {"service"}, others={"anonymous": 401}),
    api("GET", "me/devices", PEOPLE | {"service"}, others={"anonymous": 401}),
    api("GET", "me/tokens", PEOPLE | {"service"}, others={"anonymous": 401}),
    # A program sees and ends itself alone; what else is its owner's is not there for it.
    *(
        Row("DELETE", f"api/v1/me/{what}", {a: 401 if a in NO_TOKEN else 404 for a in ACTORS}, parameters, kind="api")
        for what, parameters in (
            ("devices/<int:device_id>", {}),
            ("tokens/<int:token_id>", {"token_id": "$own_token_id"}),
        )
    ),
    api("GET", "organizations", PEOPLE | {"service"}, others={"anonymous": 401}),
    call("GET", ORG, MEMBERS | {"service"}),
    call("PATCH", ORG, MANAGERS, "hub.organization.update", data={"name": "Acme Works"}),
    call("GET", f"{ORG}/members", MEMBERS | {"service"}),
    call("GET", f"{ORG}/members/<str:username>", MEMBERS | {"service"}),
    call(
        "PUT",
        f"{ORG}/members/<str:username>",
        MANAGERS,
        "hub.membership.create",
        done=201,
        data={"role": "member"},
        parameters=KIM,
    ),
    call("DELETE", f"{ORG}/members/<str:username>", MANAGERS, "hub.membership.delete"),
    call("GET", f"{ORG}/teams", MEMBERS | {"service"}),
    call("POST", f"{ORG}/teams", MANAGERS, "hub.team.create", data={"slug": "web"}),
    call("GET", TEAM, MEMBERS | {"service"}),
    call("PATCH", TEAM, MANAGERS, "hub.team.update", data={"name": "The core"}),
    call("DELETE", TEAM, MANAGERS, "hub.team.delete"),
    call("GET", f"{TEAM}/members", MEMBERS | {"service"}),
    call(
        "PUT",
        f"{TEAM}/members/<path:username>",
        MANAGERS,
        "hub.team-member.create",
        done=204,
        parameters={"username": "the-member"},
    ),
    call("DELETE", f"{TEAM}/members/<path:username>", MANAGERS, "hub.team-member.delete"),
    call("GET", f"{ORG}/invitations", MANAGERS),
    # This hub sends no mail, and REST shows no links: `hub.services.invitations` has the event of what is done here.
    call("POST", f"{ORG}/invitations", MANAGERS, done=409, data={"email": "more@example.com"}),
    call("GET", INVITATION, MANAGERS),
    call("DELETE", INVITATION, MANAGERS, "hub.invitation.revoke"),
    call("POST", f"{INVITATION}/resend", MANAGERS, done=409),
    api("GET", f"{ORG}/audit-events/export", AUDITORS),
    call("PATCH", f"{ORG}/security", MANAGERS, "hub.security.update", data={"token_max_days": 30}),
    call("GET", f"{ORG}/sso", MANAGERS),
    call("PUT", f"{ORG}/sso", MANAGERS, "hub.sso.configure", data={"protocol": "saml", "session_hours": 3}),
    call("PATCH", f"{ORG}/sso", MANAGERS, "hub.sso.disable", data={"is_enabled": False}),
    call("DELETE", f"{ORG}/sso", MANAGERS, "hub.sso.delete"),
    call("GET", f"{ORG}/group-mappings", MANAGERS),
    call("POST", f"{ORG}/group-mappings", MANAGERS, "hub.group-mapping.create", data={"group": "x", "role": "member"}),
    call("DELETE", f"{ORG}/group-mappings/<int:mapping_id>", MANAGERS, "hub.group-mapping.delete"),
    call("GET", f"{ORG}/service-accounts", MANAGERS),
    call(
        "POST",
        f"{ORG}/service-accounts",
        MANAGERS,
        "hub.service-account.create",
        data={"name": "second"},
    ),
    call("GET", ACCOUNT, MANAGERS, parameters=BUILDER),
    call("PATCH", ACCOUNT, MANAGERS, "hub.service-account.update", parameters=BUILDER, data={"description": "Builds."}),
    call("DELETE", ACCOUNT, MANAGERS, "hub.service-account.delete", "hub.token.revoke", parameters=BUILDER),
    call("GET", f"{ACCOUNT}/tokens", MANAGERS, parameters=BUILDER),
    call(
        "POST",
        f"{ACCOUNT}/tokens",
        MANAGERS,
        "hub.token.create",
        parameters=BUILDER,
        data={"name": "nightly", "scopes": ["read"]},
    ),
    call("DELETE", SERVICE_TOKEN, MANAGERS, "hub.token.revoke", parameters=BUILDER),
    call(
        "POST", f"{SERVICE_TOKEN}/rotate", MANAGERS, "hub.token.create", "hub.token.rotate", parameters=BUILDER, data={}
    ),
    every("GET", "api/v1/schema", 200, kind="page"),
    every("GET", "api/docs", 200, kind="page"),
)

ROWS: tuple[Row, ...] = (
    page("GET", "healthz", EVERYBODY),
    page("GET", "readyz", EVERYBODY),
    page("GET", "settings", PEOPLE),
    page("POST", "settings", PEOPLE, done=302, data={"display_name": "Me"}, audit=("hub.account.update",)),
    page("GET", "settings/activity", PEOPLE),
    page("GET", "settings/security", PEOPLE),
    page("GET", "settings/tokens", PEOPLE),
    page("POST", "settings/tokens", PEOPLE, data=TOKEN, audit=("hub.token.create",)),
    page("GET", "settings/secrets", PEOPLE),
    page("POST", "settings/secrets", PEOPLE, done=302, data={"name": "NEW", "value": "v"}, audit=("hub.secret.set",)),
    page("GET", "settings/secrets/<str:name>", PEOPLE, parameters={"name": "KEY"}),
    page(
        "POST",
        "settings/secrets/<str:name>",
        PEOPLE,
        done=302,
        parameters={"name": "KEY"},
        data={"value": "another"},
        audit=("hub.secret.set",),
    ),
    page("GET", "settings/secrets/<str:name>/delete", PEOPLE, parameters={"name": "KEY"}),
    page(
        "POST",
        "settings/secrets/<str:name>/delete",
        PEOPLE,
        done=302,
        parameters={"name": "KEY"},
        audit=("hub.secret.delete",),
    ),
    page("GET", "organizations", PEOPLE),
    page("GET", "organizations/new", PEOPLE),
    page(
        "POST",
        "organizations/new",
        PEOPLE,
        done=302,
        data={"slug": "newco", "name": "Newco"},
        audit=("hub.organization.create",),
    ),
    page("GET", "organizations/<str:slug>", MEMBERS),
    page("GET", "organizations/<str:slug>/edit", MANAGERS),
    page(
        "POST",
        "organizations/<str:slug>/edit",
        MANAGERS,
        done=302,
        data={"name": "Acme Works"},
        audit=("hub.organization.update",),
    ),
    page("GET", "organizations/<str:slug>/activity", AUDITORS),
    page("GET", "organizations/<str:slug>/security", MANAGERS),
    page(
        "POST",
        "organizations/<str:slug>/security",
        MANAGERS,
        done=302,
        data={"token_max_days": "30"},
        audit=("hub.security.update",),
    ),
    page("GET", "organizations/<str:slug>/service-accounts", MANAGERS),
    api("GET", "me", EVERYBODY - NO_TOKEN, others={"anonymous": 401}),
    api("GET", "organizations/<str:slug>/audit-events", AUDITORS),
    api("GET", "organizations/<str:slug>/security", MANAGERS),
    *PEOPLES_OWN,
    *ORGANIZATIONS,
    *API,
)
