"""Rows that must never change refuse it, and every model says whether its rows may."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db import models

from hub.actors import Actor
from hub.models import ApiToken, KeptForever, TokenKind
from hub.services import audit_seals
from registry.domain.files import File, tree
from registry.models import FormerPackageName, Package, PublishingToken, TrustedPublisher, UpstreamProposal
from registry.services import artifacts, forks, proposals
from registry.services.proposals import Content

# Rows that services change, each time with an audit event (tests/repository/test_services.py).
CHANGING = {
    "assistants.Overlay",
    "assistants.ReceiptKey",
    "assistants.UpdatePolicy",
    "assistants.UpdateProposal",
    "assistants.UpdateRun",
    "assistants.UpdateState",
    "assistants.UsagePolicy",
    "hub.ApiToken",
    "hub.AuditUnsealed",
    "hub.Device",
    "hub.DeviceRequest",
    "hub.DomainProof",
    "hub.GroupMapping",
    "hub.Invitation",
    "hub.Job",
    "hub.Membership",
    "hub.Notification",
    "hub.NotificationPreference",
    "hub.Organization",
    "hub.RefreshToken",
    "hub.ScimGroup",
    "hub.ScimGroupMember",
    "hub.ScimUser",
    "hub.ServiceAccount",
    "hub.SsoConnection",
    "hub.Team",
    "hub.TeamMembership",
    "hub.User",
    "hub.UserSecret",
    "registry.GitSource",
    "registry.DownloadCount",
    "registry.Grant",
    "registry.Import",
    "registry.ImportChunk",
    "registry.ImportedFile",
    "hub.Webhook",
    "hub.WebhookDelivery",
    "hub.WebhookTry",
    "registry.Mirror",
    "registry.MirroredPackage",
    "registry.Package",
    "registry.PackageDownloadCount",
    "registry.PackageTransfer",
    "registry.Report",
    "registry.SyncEntry",
    "registry.SyncRun",
    "registry.Proposal",
    "registry.ProposalComment",
    "registry.ProposalEvent",
    "registry.ProposalFollower",
    "registry.ProposalReview",
    "registry.SearchEntry",
    "registry.TrustedPublisher",
    "registry.UsedIdentityToken",
    "registry.UpstreamNews",
}
KEPT = {
    "assistants.Bundle",
    "assistants.Lock",
    "assistants.LockEntry",
    "assistants.Receipt",
    "hub.AuditEvent",
    "hub.AuditSeal",
    "hub.Namespace",
    "hub.NamespaceName",
    "registry.Artifact",
    "registry.FormerPackageName",
    "registry.ProposalRevision",
    "registry.PublishingToken",
    "registry.Release",
    "registry.ReleaseCoordinate",
    "registry.ReleaseScan",
    "registry.SyncPoint",
    "registry.UpstreamProposal",
}


def ours() -> list[type[models.Model]]:
    return [model for label in ("hub", "registry", "assistants") for model in apps.get_app_config(label).get_models()]


def test_every_model_says_whether_its_rows_may_change() -> None:
    assert {model._meta.label for model in ours() if issubclass(model, KeptForever)} == KEPT
    assert {model._meta.label for model in ours() if not issubclass(model, KeptForever)} == CHANGING


def test_what_is_kept_for_ever_refuses_to_be_saved_again_or_deleted(
    build_package: Callable[..., Package], build_assistant: Callable[..., Package]
) -> None:
    style = build_package("style", "1.0.0")
    FormerPackageName.objects.create(namespace=style.namespace, name="taste", package=style)
    publisher = TrustedPublisher.objects.create(package=style, provider="github", issuer="i", repository="acme/style")
    token = ApiToken.objects.create(kind=TokenKind.PUBLISHING, name="ci", digest="0" * 64, scopes=["publish"])
    PublishingToken.objects.create(token=token, publisher=publisher)
    build_assistant("helper", "rules:\n  - uses: acme/style\n")
    owner = Actor(style.created_by)
    made = proposals.create(by=owner, package=style, title="More", content=Content("1.1.0", "Words."))
    forks.fork(by=owner, upstream=Package.objects.get(name="style"), namespace=style.namespace, name="fork")
    release = style.releases.get()
    UpstreamProposal.objects.create(proposal=made, direction="into-fork", release=release, base=release)
    artifacts.keep(tree([File("SKILL.md", b"A skill.")]))
    audit_seals.seal_all()
    for model in ours():
        if model._meta.label in KEPT:
            row: Any = model._default_manager.first()
            assert row is not None, model
            for deed in (row.save, row.delete):
                with pytest.raises(TypeError, match=row.refusal[:20]):
                    deed()


def test_every_model_says_what_it_is_for_and_every_rule_of_its_rows_has_a_name() -> None:
    for model in ours():
        assert model.__doc__
        assert not model.__doc__.startswith(f"{model.__name__}("), model
        assert all(constraint.name for constraint in model._meta.constraints)
        assert not model._meta.unique_together, model
