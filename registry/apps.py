"""Django's registration of this package."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """See docs/architecture.md for what belongs here."""

    name = "registry"
