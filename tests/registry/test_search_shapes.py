"""What a search answers is written at once, and says what its fields say."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hub.actors import Actor
from hub.models import Namespace
from registry import catalogue
from registry.api.search_shapes import FacetOutput, FoundOutput
from registry.catalogue import Part
from registry.models import Package
from registry.services import lifecycle, packages

type Build = Callable[..., Package]


@pytest.fixture
def found(build_package: Build, owner: Actor, acme: Namespace) -> list[Package]:
    """Packages in different states, as a search finds them."""
    build_package("style-plain")
    build_package("style-released", "1.0.0", "1.1.0", summary="Of style.", kind="prompt")
    lifecycle.deprecate(by=owner, package=build_package("style-deprecated", "1.0.0"), message="Use another.")
    lifecycle.archive(by=owner, package=build_package("style-archived", "1.0.0"))
    packages.delete(by=owner, package=build_package("style-deleted", "1.0.0"))
    rows = list(Package.objects.select_related("namespace", "latest_release").order_by("id"))
    for number, one in enumerate(rows):
        one.namespace.verified_at = one.created_at if number % 2 else None
        one.passage = (Part("The ", is_match=False), Part("style", is_match=True)) if number else ()  # type: ignore[attr-defined]
    return rows


def test_a_package_that_was_found_is_written_as_its_fields_say(found: list[Package]) -> None:
    shape = FoundOutput()
    assert len(found) == 5
    for one in found:
        assert shape.to_representation(one) == super(FoundOutput, shape).to_representation(one), one


def test_a_facet_is_written_as_its_fields_say(found: list[Package]) -> None:
    shape = FacetOutput()
    facets = catalogue.facets(Actor(), catalogue.Search("style")).facets
    assert any(facet.values for facet in facets)
    for one in facets:
        assert shape.to_representation(one) == super(FacetOutput, shape).to_representation(one)
