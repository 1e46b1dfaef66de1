"""Django's registration of this package."""

from django.apps import AppConfig


class HubConfig(AppConfig):
    """See docs/architecture.md for what belongs here."""

    name = "hub"

    def ready(self) -> None:
        """Make the Celery application the current one, and listen for changes of e-mail addresses."""
        from hub import accounts, celery  # noqa: F401, PLC0415  # importing registers them; models must be loaded first
