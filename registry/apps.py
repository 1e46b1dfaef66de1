"""Django's registration of this package."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """See docs/architecture.md for what belongs here."""

    name = "registry"

    def ready(self) -> None:
        """Say what people can be told of proposals, and who may still read of them."""
        from registry import notices  # noqa: PLC0415  # models must be loaded first

        notices.register()
