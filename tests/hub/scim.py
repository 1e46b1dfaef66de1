"""A directory that provisions acme, as the tests of SCIM need it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.test import Client
from scim2_client.engines.wsgi import WSGISCIMClient

from hub.actors import Actor
from hub.context import of_token
from hub.models import Organization, ServiceAccount
from hub.services import service_accounts, tokens

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


@dataclass(frozen=True)
class Directory:
    """Speaks the protocol with the token of a service account."""

    slug: str
    secret: str
    account: ServiceAccount

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The answer to one request; `headers` are named like `if_match`."""
        content = {} if body is None else {"data": body, "content_type": "application/scim+json"}
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return getattr(Client(), method)(
            f"/scim/v2/{self.slug}/{path}", headers={"Authorization": f"Bearer {self.secret}", **sent}, **content
        )

    def user(self, login: str, **more: Any) -> dict[str, Any]:
        """Adds a person `login@corp.example` and returns the resource."""
        body = {"schemas": [USER], "userName": f"{login}@corp.example", **more}
        answer = self("post", "Users", body)
        assert answer.status_code == 201, answer.content
        found: dict[str, Any] = answer.json()
        return found

    def group(self, name: str, *members: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Adds a group with members (resources) and returns the resource."""
        body = {"schemas": [GROUP], "displayName": name, "members": [{"value": one["id"]} for one in members], **more}
        answer = self("post", "Groups", body)
        assert answer.status_code == 201, answer.content
        found: dict[str, Any] = answer.json()
        return found

    def patch(self, path: str, *operations: dict[str, Any], **headers: str) -> Any:
        """The answer to a patch."""
        return self("patch", path, {"schemas": [PATCH], "Operations": list(operations)}, **headers)

    @property
    def actor(self) -> Actor:
        """The service account, acting through its token."""
        token = tokens.find(self.secret)
        assert token is not None
        return of_token(token, source="scim")

    @property
    def client(self) -> WSGISCIMClient:
        """A client of the protocol from a library, which checks what it gets."""
        return WSGISCIMClient(
            WSGIHandler(),
            base_url=f"http://127.0.0.1:8000/scim/v2/{self.slug}",
            headers={"Authorization": f"Bearer {self.secret}"},
        )


def directory_of(owner: Actor, organization: Organization, *scopes: str, **limits: Any) -> Directory:
    """A directory for `organization`, with a token of the scope `scim` unless others are named."""
    number = ServiceAccount.objects.filter(organization=organization).count()
    account = service_accounts.create(by=owner, organization=organization, name=f"directory{number}", role="member")
    made = service_accounts.create_token(
        by=owner, account=account, name="directory", scopes=scopes or ("scim",), **limits
    )
    return Directory(organization.namespace.slug, made.secret, account)
