"""Importing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from registry.importers import Source
from registry.services import import_uploads, imports

READING = {
    "imports": {"plan"},
    "import_names": {"settle"},
    "import_uploads": {"visible_to"},
    "imported": {"known", "holders", "used_versions", "remembered", "key_of"},
}
# A job's work: what it publishes records itself. Forgetting bytes that are over is the hub's own book-keeping.
PARTS = {"import_uploads": {"perform", "forget"}}
RULE = b"---\ndescription: One\n---\nDo it.\n"


def upload(world: Any) -> Any:
    return import_uploads.upload(by=world.by, namespace=world.acme, file_name="one.mdc", chunks=[RULE])


def furnish(world: Any) -> None:
    """An archive that waits."""
    world.more["import"] = upload(world)


DEEDS: dict[str, Callable[[Any], object]] = {
    "imports.run": lambda w: imports.run(by=w.by, namespace=w.acme, files=[Source("new.mdc", RULE)]),
    "import_uploads.upload": upload,
    "import_uploads.confirm": lambda w: import_uploads.confirm(by=w.by, upload=w.more["import"]),
    "import_uploads.discard": lambda w: import_uploads.discard(by=w.by, upload=w.more["import"]),
}
