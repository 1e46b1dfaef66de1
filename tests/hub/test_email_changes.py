"""What people do with e-mail addresses is audited in the transaction of the deed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse

from hub.models import AuditEvent, User


@pytest.fixture
def signed_in(build_user: Callable[..., User], client: Client) -> User:
    user = build_user("ada")
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return user


def test_adding_an_address_is_recorded_without_the_address(signed_in: User, client: Client) -> None:
    answer = client.post(reverse("account_email"), {"action_add": "", "email": "ada@elsewhere.example"})
    assert answer.status_code == 302
    assert EmailAddress.objects.filter(user=signed_in, email="ada@elsewhere.example").exists()
    event = AuditEvent.objects.get(action="hub.account.email-change")
    assert event.actor == signed_in
    assert event.data == {"change": "added"}
    assert "elsewhere" not in f"{event.target_label} {event.data}"


def test_if_it_cannot_be_recorded_the_address_is_not_added(
    signed_in: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("no audit")

    monkeypatch.setattr("hub.services.audit.record", fail)
    with pytest.raises(RuntimeError):
        client.post(reverse("account_email"), {"action_add": "", "email": "ada@elsewhere.example"})
    assert not EmailAddress.objects.filter(email="ada@elsewhere.example").exists()
