"""CI jobs that may publish without a stored secret."""

from __future__ import annotations

from django.db import models

from hub.models import ApiToken, KeptForever, User
from registry.models.packages import Package


class TrustedPublisher(models.Model):
    """Says which CI job may publish one package: whose identity tokens, and what they have to claim.

    `repository_id` is what the issuer calls the repository for good; it is noted at the first use, so that somebody who
    later takes a freed repository name is refused. `workflow` and `environment` may be empty where the provider has none.
    """

    package = models.ForeignKey(Package, models.CASCADE, related_name="trusted_publishers")
    provider = models.CharField(max_length=20, help_text="A key of registry.domain.publishers.PROVIDERS.")
    issuer = models.CharField(max_length=200)
    repository = models.CharField(max_length=200)
    repository_id = models.CharField(max_length=100, blank=True)
    workflow = models.CharField(max_length=200, blank=True)
    environment = models.CharField(max_length=100, blank=True)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["package", "issuer", "repository", "workflow", "environment"], name="trusted_publisher_once"
            )
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.provider}:{self.repository}"


class PublishingToken(KeptForever):
    """What a publishing token came from: the publisher that it acts for, and the claims of the job, as they were checked."""

    refusal = "A publishing token keeps its origin."

    token = models.OneToOneField(ApiToken, models.CASCADE, related_name="publishing")
    publisher = models.ForeignKey(TrustedPublisher, models.CASCADE, related_name="tokens")
    claims = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"token {self.token_id} of publisher {self.publisher_id}"


class UsedIdentityToken(models.Model):
    """An identity token that was exchanged. The unique pair makes every token work once, also for two calls at a time."""

    issuer = models.CharField(max_length=200)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the token's id, or of the token where it has none.")
    expires_at = models.DateTimeField(db_index=True, help_text="Afterwards the token is refused by its own time.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issuer", "digest"], name="identity_token_used_once")]

    def __str__(self) -> str:
        return f"{self.issuer} {self.digest[:8]}"
