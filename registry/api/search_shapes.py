"""Shapes of a search: what is asked, what was found, and what narrows it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from registry.api.serializers import MAX_LIMIT, PackageOutput
from registry.catalogue import ORDERS, Facet, Search
from registry.domain.clients import CLIENTS
from registry.models import Package


class SearchInput(serializers.Serializer[Any]):
    """Query of the list of packages."""

    q = serializers.CharField(required=False, allow_blank=True, max_length=200, help_text="Words to look for.")
    kind = serializers.CharField(
        required=False, allow_blank=True, max_length=20, help_text="Only packages of this kind."
    )
    namespace = serializers.CharField(required=False, allow_blank=True, max_length=39, help_text="Only this namespace.")
    tag = serializers.CharField(
        required=False, allow_blank=True, max_length=40, help_text="Only packages with this tag."
    )
    license = serializers.CharField(
        required=False, allow_blank=True, max_length=100, help_text="Only packages under this licence, such as `MIT`."
    )
    client = serializers.ChoiceField(
        choices=list(CLIENTS), required=False, allow_blank=True, help_text="Only packages that this client can use."
    )
    verified = serializers.BooleanField(
        required=False, default=False, help_text="Only packages of verified namespaces."
    )
    sort = serializers.ChoiceField(
        choices=list(ORDERS), required=False, help_text="`relevance` is the default with `q`, else `updated`."
    )
    updated_since = serializers.DateTimeField(
        required=False,
        help_text="Only what changed then or later, deleted public packages included, the last changed first;"
        " of the filters `kind` and `namespace` count.",
    )
    cursor = serializers.CharField(
        required=False, allow_blank=True, max_length=1000, help_text="From `next` or `previous`."
    )
    limit = serializers.IntegerField(
        required=False, default=30, min_value=1, max_value=MAX_LIMIT, help_text="Rows a page."
    )


def search_of(asked: dict[str, Any]) -> Search:
    """The search that a `SearchInput` asks for."""
    return Search(
        text=asked.get("q", ""),
        kind=asked.get("kind", ""),
        namespace=asked.get("namespace", ""),
        tag=asked.get("tag", ""),
        sort=asked.get("sort", ""),
        license=asked.get("license", ""),
        client=asked.get("client", ""),
        verified=asked["verified"],
    )


class PartOutput(serializers.Serializer[Any]):
    """A piece of a passage, as plain text."""

    text = serializers.CharField()
    is_match = serializers.BooleanField()


class FoundOutput(PackageOutput):
    """A package that was found, with the passage in which the words stand."""

    passage = PartOutput(many=True, help_text="Empty if the words stand elsewhere, as in the name.")

    class Meta(PackageOutput.Meta):
        fields = (*PackageOutput.Meta.fields, "passage")

    def to_representation(self, instance: Package) -> dict[str, Any]:
        """What the fields say, at once: asked one by one they take longer for a page than the search took to find it."""
        name, release, time = str(instance), instance.latest_release, self.fields["created_at"].to_representation
        return {
            "namespace": instance.namespace.slug,
            "name": instance.name,
            "full_name": name,
            "kind": instance.kind,
            "visibility": instance.visibility,
            "summary": instance.summary,
            "tags": instance.tags,
            "license": instance.license,
            "latest_version": release.version if release else None,
            "namespace_verified": self.get_namespace_verified(instance),
            "is_deprecated": instance.is_deprecated,
            "is_archived": instance.is_archived,
            "download_count": instance.download_count,
            "created_at": time(instance.created_at),
            "updated_at": time(instance.updated_at),
            "deleted_at": time(instance.deleted_at) if instance.deleted_at else None,
            "url": self.get_url(instance),
            "passage": [{"text": part.text, "is_match": part.is_match} for part in instance.passage],  # type: ignore[attr-defined]  # set by the view
        }


class ValueOutput(serializers.Serializer[Any]):
    """One value of a facet."""

    value = serializers.CharField()
    count = serializers.IntegerField()


class FacetOutput(serializers.Serializer[Any]):
    """One way to narrow the search: the parameter that does it, and its commonest values."""

    name = serializers.CharField()
    values = ValueOutput(many=True)

    def to_representation(self, instance: Facet) -> dict[str, Any]:
        """What the fields say, at once, as `FoundOutput` does."""
        return {"name": instance.name, "values": [{"value": one.value, "count": one.count} for one in instance.values]}


class SearchOutput(serializers.Serializer[Any]):
    """The answer to a search."""

    items = FoundOutput(many=True)
    next = serializers.CharField(allow_null=True, help_text="Cursor of the next page.")
    previous = serializers.CharField(allow_null=True, help_text="Cursor of the page before.")
    total = serializers.IntegerField(help_text="How many packages were found and counted.")
    is_capped = serializers.BooleanField(help_text="There are more than `total` and the counts of the facets say.")
    is_guess = serializers.BooleanField(help_text="Nothing has these words; the names found are like them.")
    facets = FacetOutput(many=True)
