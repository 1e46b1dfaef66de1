"""Django's registration of this package."""

from django.apps import AppConfig


class AssistantsConfig(AppConfig):
    """See docs/architecture.md for what belongs here."""

    name = "assistants"

    def ready(self) -> None:
        """Add the kind `assistant` to the registry, which knows nothing of this package."""
        from assistants.kinds.assistant import ASSISTANT  # noqa: PLC0415  # models can be loaded only now
        from registry import kinds  # noqa: PLC0415

        kinds.register(ASSISTANT)
