"""Django's registration of this package."""

from django.apps import AppConfig


class HubConfig(AppConfig):
    """See docs/architecture.md for what belongs here."""

    name = "hub"

    def ready(self) -> None:
        """Make the Celery application the current one, and listen for sign-ins and changes of e-mail addresses."""
        # Importing registers them; models must be loaded first.
        from hub import accounts, celery, sessions, sign_in_events, tasks  # noqa: F401, PLC0415
