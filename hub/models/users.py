"""People."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """A person who signs in. The username is the slug of the person's own namespace (`hub.Namespace`).

    People are made by `hub.services.accounts.create`, which takes the slug in the same transaction. A row with
    `is_service` is no person: it stands for a `hub.ServiceAccount`, has no namespace and cannot sign in.
    """

    email = models.EmailField("e-mail address", unique=True)
    is_service = models.BooleanField(default=False)
    is_moderator = models.BooleanField(
        default=False, help_text="Quarantines anywhere on this hub. Given and taken by `manage.py moderators` alone."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(username=models.functions.Lower("username")), name="user_username_lower"
            ),
            models.CheckConstraint(condition=models.Q(email=models.functions.Lower("email")), name="user_email_lower"),
            models.CheckConstraint(
                condition=models.Q(is_moderator=False) | models.Q(is_service=False), name="user_moderator_is_a_person"
            ),
        ]

    def get_display_name(self) -> str:
        """The full name if there is one, else the username."""
        return self.get_full_name() or self.username
