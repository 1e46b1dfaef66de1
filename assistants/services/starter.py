"""The starter catalogue: packages that come with the hub, in the namespace `starter`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from hub.actors import Actor
from hub.models import Namespace
from hub.services import organizations
from registry.domain import yamltext
from registry.kinds import KINDS
from registry.models import Package, ReleaseCoordinate, Visibility
from registry.services import packages, releases

NAMESPACE = "starter"
FOLDER = Path(__file__).parent.parent / "starter" / "packages"


@dataclass(frozen=True)
class Item:
    """One package of the catalogue, as its folder has it."""

    kind: str
    name: str
    version: str
    manifest: str
    readme: str


def items() -> list[Item]:
    """The catalogue, blocks before the assistants that use them."""
    found = []
    kinds = [name for name in KINDS if name != "assistant" and (FOLDER / name).is_dir()]
    for kind in [*kinds, "assistant"]:
        for folder in sorted((FOLDER / kind).iterdir()):
            manifest = (folder / "manifest.yaml").read_text()
            version = yamltext.parse(manifest).value["version"]
            found.append(Item(kind, folder.name, version, manifest, (folder / "README.md").read_text()))
    return found


def load(*, by: Actor) -> int:
    """Publish what is not there yet, and return how many releases that were. `by` becomes owner of the namespace if it is new.

    All or nothing, and safe to repeat: a release that exists, or existed, is left alone.
    """
    with transaction.atomic():
        namespace = Namespace.objects.filter(slug=NAMESPACE).first()
        if namespace is None:
            organization = organizations.create(
                by=by, slug=NAMESPACE, name="Starter", description="What comes with the hub."
            )
            namespace = organization.namespace
        coordinates = ReleaseCoordinate.objects.filter(namespace=namespace).values_list("name", "version")
        missing = [item for item in items() if (item.name, item.version) not in set(coordinates)]
        for item in missing:
            _publish(by, namespace, item)
    return len(missing)


def _publish(by: Actor, namespace: Namespace, item: Item) -> None:
    package = Package.objects.present().filter(namespace=namespace, name=item.name).first()
    if package is None:
        package = packages.create(
            by=by, namespace=namespace, name=item.name, kind=item.kind, visibility=Visibility.PUBLIC
        )
    notes = releases.Notes(readme=item.readme)
    releases.publish(by=by, package=package, version=item.version, manifest=item.manifest, notes=notes)
