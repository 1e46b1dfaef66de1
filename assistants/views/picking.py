"""Finding the packages that an assistant can be made of."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q
from django.utils.functional import Promise

from assistants.domain.composition import EXTENDS
from assistants.forms.compose import Choices
from assistants.views.parts import LABELS, ORDER
from hub.actors import Actor
from hub.domain import slugs
from registry import catalogue
from registry.domain import inputs
from registry.domain.inputs import Input
from registry.kinds import KINDS
from registry.models import Package, Release
from registry.views.lists import light

RESULTS = 8
_NAME = re.compile(f"{slugs.SLUG_PATTERN}/{slugs.SLUG_PATTERN}")


@dataclass(frozen=True)
class Asked:
    """An input that a picked block asks for, with the value given so far."""

    declared: Input
    value: str

    @property
    def name(self) -> str:
        """What it is called."""
        return self.declared.name


@dataclass(frozen=True)
class Picked:
    """A package in the draft, with the range and the inputs given so far."""

    package: Package
    range: str
    inputs: list[Asked]


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
    """The section of a config.yaml in which the package stands; an assistant is built on."""
    return EXTENDS if package.kind == "assistant" else KINDS[package.kind].section


def usable_kinds() -> list[str]:
    """The kinds whose packages can stand in an assistant, or be built on by one."""
    return [kind.name for kind in KINDS.values() if kind.section or kind.name == "assistant"]


def grouped(choices: Choices, known: dict[str, Package]) -> list[PickedSection]:
    """The picks by section, in the order of the format."""
    given = {(package, name): value for package, name, value in choices.inputs}
    declared = _declared(known.values())
    found: dict[str, list[Picked]] = {}
    for pick in choices.picks:
        package = known[pick.package]
        wanted = package.latest_release.inputs if package.latest_release else []
        about = declared.get(package.latest_release_id, {})
        asked = [Asked(about.get(name, Input(name)), given.get((pick.package, name), "")) for name in wanted]
        found.setdefault(section_of(package), []).append(Picked(package, pick.range, asked))
    return [PickedSection(LABELS[section], found[section]) for section in ORDER if section in found]


def _declared(packages: Iterable[Package]) -> dict[int | None, dict[str, Input]]:
    """What the latest releases say of their inputs, by the releases' numbers. One query, none if nobody asks for any."""
    asking = [one.latest_release.pk for one in packages if one.latest_release and one.latest_release.inputs]
    if not asking:
        return {}
    rows = Release.objects.filter(id__in=asking).values_list("id", "content__inputs")
    return {number: {one.name: one for one in inputs.read(declared)} for number, declared in rows}


def find(actor: Actor, text: str, kind: str) -> list[Package]:
    """A few packages that fit, the most relevant first."""
    usable = tuple(usable_kinds())
    search = catalogue.Search(text[:200], kind if kind in usable else "", kinds=usable, released=True)
    return catalogue.look(actor, search, limit=RESULTS).page.items
