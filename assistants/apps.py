"""Django's registration of this package."""

from django.apps import AppConfig


class AssistantsConfig(AppConfig):
    """See docs/architecture.md for what belongs here."""

    name = "assistants"

    def ready(self) -> None:
        """Add to the registry, which knows nothing of this package: the kind, which packages assistants use, who follows them."""
        from assistants.kinds.assistant import ASSISTANT  # noqa: PLC0415  # models can be loaded only now, for all four
        from assistants.services import dependencies, update_queue  # noqa: PLC0415
        from registry import kinds  # noqa: PLC0415
        from registry.services import scans, watchers  # noqa: PLC0415

        kinds.register(ASSISTANT)
        scans.USED.append(dependencies.used)
        watchers.WATCHERS.append(update_queue.releases_changed)
