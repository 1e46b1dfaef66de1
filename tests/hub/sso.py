"""Organizations with a provider, for tests that are not about the provider."""

from __future__ import annotations

import secrets

from allauth.socialaccount.models import SocialAccount
from django.utils import timezone

from hub.models import Organization, SsoConnection, User


def connected(organization: Organization, *users: User | None) -> SsoConnection:
    """The organization's provider, enabled, with an identity for each user."""
    now = timezone.now()
    row, _ = SsoConnection.objects.get_or_create(
        organization=organization,
        defaults={
            "key": secrets.token_hex(8),
            "protocol": "oidc",
            "issuer": "https://idp.example",
            "client_id": "hub",
            "configured_at": now,
            "tested_at": now,
            "is_enabled": True,
        },
    )
    for user in users:
        assert user is not None
        SocialAccount.objects.get_or_create(user=user, provider=row.key, uid=f"subject-{user.pk}")
    return row
