"""The clients that may ask for tokens. The hub's own is here, so that it is never missing and nothing in a table weakens it.

Others are rows of allauth's `Client`, for whoever runs the hub to add.
"""

from __future__ import annotations

from allauth.idp.oidc.models import Client

from hub.domain.devices import SCOPES

FIRST_PARTY_ID = "ahub-cli"
GRANTS = (str(Client.GrantType.DEVICE_CODE), str(Client.GrantType.REFRESH_TOKEN))
_ID_MAX_LENGTH = 100


def find(client_id: object) -> Client | None:
    """The client of that id, if it may sign devices in; None otherwise."""
    if not isinstance(client_id, str) or not client_id.isprintable() or len(client_id) > _ID_MAX_LENGTH:
        return None
    client = _first_party() if client_id == FIRST_PARTY_ID else Client.objects.filter(id=client_id).first()
    return client if client is not None and GRANTS[0] in client.get_grant_types() else None


def name_of(client_id: str) -> str:
    """What people know the client as."""
    client = find(client_id)
    return client.name if client is not None else client_id


def _first_party() -> Client:
    """A public client: it runs on people's machines, where a secret would be none."""
    return Client(
        id=FIRST_PARTY_ID,
        name="Assistant Hub command line",
        secret="",
        type=Client.Type.PUBLIC,
        scopes="\n".join(SCOPES),
        default_scopes=str(SCOPES[0]),
        grant_types="\n".join(GRANTS),
    )
