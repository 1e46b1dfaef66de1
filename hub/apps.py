"""Django's registration of this package."""

from django.apps import AppConfig


class HubConfig(AppConfig):
    """See docs/architecture.md for what belongs here."""

    name = "hub"

    def ready(self) -> None:
        """Make the Celery application the current one, so that tasks queue in every process."""
        from hub import celery  # noqa: F401, PLC0415  # importing it registers it; settings must be loaded first
