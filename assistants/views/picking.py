"""Finding the packages that an assistant can be made of."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q
from django.utils.functional import Promise

from assistants.forms.compose import Choices
from assistants.views.parts import LABELS
from hub.actors import Actor
from hub.domain import slugs
from registry import catalogue
from registry.domain import schema
from registry.kinds import KINDS
from registry.models import Package
from registry.views.lists import light

RESULTS = 8
_NAME = re.compile(f"{slugs.SLUG_PATTERN}/{slugs.SLUG_PATTERN}")


@dataclass(frozen=True)
class Picked:
    """A package in the draft, with the range and the inputs given so far."""

    package: Package
    range: str
    inputs: list[tuple[str, str]]


@dataclass(frozen=True)
class PickedSection:
    """The picked packages of one section, in order."""

    label: str | Promise
    picks: list[Picked]


def packages(actor: Actor, names: Iterable[str]) -> dict[str, Package]:
    """The packages of these names that can be part of an assistant and that the actor may read. One query."""
    condition = Q(pk__in=[])
    for namespace, _, package in (name.partition("/") for name in names if _NAME.fullmatch(name)):
        condition |= Q(namespace__slug=namespace, name=package)
    rows = light(Package.objects.visible_to(actor).filter(condition, kind__in=usable_kinds()))
    return {str(package): package for package in rows}


def section_of(package: Package) -> str:
    """The section of a config.yaml in which the package stands."""
    return KINDS[package.kind].section


def usable_kinds() -> list[str]:
    """The kinds whose packages can stand in an assistant."""
    return [kind.name for kind in KINDS.values() if kind.section]


def grouped(choices: Choices, known: dict[str, Package]) -> list[PickedSection]:
    """The picks by section, in the order of the format."""
    given = {(package, name): value for package, name, value in choices.inputs}
    found: dict[str, list[Picked]] = {}
    for pick in choices.picks:
        package = known[pick.package]
        wanted = package.latest_release.inputs if package.latest_release else []
        inputs = [(name, given.get((pick.package, name), "")) for name in wanted]
        found.setdefault(section_of(package), []).append(Picked(package, pick.range, inputs))
    return [PickedSection(LABELS[section], found[section]) for section in schema.SECTIONS if section in found]


def find(actor: Actor, text: str, kind: str) -> list[Package]:
    """A few packages that fit, the most relevant first."""
    usable = tuple(usable_kinds())
    search = catalogue.Search(text[:200], kind if kind in usable else "", kinds=usable, released=True)
    return catalogue.look(actor, search, limit=RESULTS).page.items
