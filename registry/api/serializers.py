"""Shapes of the registry's input and output."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework import serializers

from registry.catalogue import ORDERS, Search
from registry.domain.clients import CLIENTS
from registry.kinds import KINDS
from registry.models import Package, Release, Visibility

MAX_LIMIT = 100


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


class PackageInput(serializers.Serializer[Any]):
    """A new package."""

    namespace = serializers.CharField(max_length=39, help_text="Yours, or an organization's that you manage.")
    name = serializers.CharField(max_length=100)
    kind = serializers.CharField(max_length=20, help_text="`rule`, `prompt`, `mcp-server`, `model` or `assistant`.")
    visibility = serializers.ChoiceField(choices=Visibility.choices, default=Visibility.PRIVATE)
    summary = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")

    def validate_kind(self, value: str) -> str:
        """Kinds are known only once all packages are loaded."""
        if value not in KINDS:
            raise serializers.ValidationError(f"“{value}” is no kind of package. Use one of: {', '.join(KINDS)}.")
        return value


class ReleaseInput(serializers.Serializer[Any]):
    """A new release."""

    version = serializers.CharField(max_length=64, help_text="A semantic version, such as `1.2.0`.")
    manifest = serializers.CharField(trim_whitespace=False, help_text="config.yaml v1, or Markdown for a rule.")
    readme = serializers.CharField(
        trim_whitespace=False, required=False, allow_blank=True, default="", help_text="Markdown."
    )
    changelog = serializers.CharField(
        trim_whitespace=False, required=False, allow_blank=True, default="", help_text="Markdown."
    )


class YankInput(serializers.Serializer[Any]):
    """Why a release is yanked."""

    reason = serializers.CharField(max_length=500, help_text="Shown to people who have the release locked.")


class ReleaseListInput(serializers.Serializer[Any]):
    """Query of a list of releases."""

    cursor = serializers.CharField(required=False, allow_blank=True, max_length=1000)
    limit = serializers.IntegerField(required=False, default=30, min_value=1, max_value=MAX_LIMIT)


class ReleaseOutput(serializers.ModelSerializer[Release]):
    """A release without its texts."""

    package = serializers.CharField(source="package.__str__")
    published_by = serializers.CharField(source="published_by.username", default=None)
    published_from = serializers.DictField(
        child=serializers.CharField(), allow_null=True, help_text="The CI job that published it, as its issuer claimed."
    )
    is_yanked = serializers.BooleanField()
    yank_reason = serializers.CharField()
    manifest_url = serializers.SerializerMethodField()

    class Meta:
        model = Release
        fields: tuple[str, ...] = (
            "package",
            "version",
            "digest",
            "format",
            "title",
            "secrets",
            "inputs",
            "warnings",
            "published_by",
            "published_at",
            "published_from",
            "is_yanked",
            "yank_reason",
            "manifest_url",
        )

    def get_manifest_url(self, release: Release) -> str:
        """Where the manifest's bytes are."""
        return f"{settings.BASE_URL}/api/v1/packages/{release.package}/releases/{release.version}/manifest"


class ReleaseDetailOutput(ReleaseOutput):
    """A release with its texts."""

    content = serializers.JSONField(help_text="The parsed manifest without unknown keys.")

    class Meta(ReleaseOutput.Meta):
        fields = (*ReleaseOutput.Meta.fields, "manifest", "content", "readme", "changelog")


class PackageOutput(serializers.ModelSerializer[Package]):
    """A package."""

    namespace = serializers.CharField(source="namespace.slug")
    full_name = serializers.CharField(source="__str__")
    latest_version = serializers.CharField(source="latest_release.version", default=None, allow_null=True)
    url = serializers.SerializerMethodField()

    class Meta:
        model = Package
        fields: tuple[str, ...] = (
            "namespace",
            "name",
            "full_name",
            "kind",
            "visibility",
            "summary",
            "tags",
            "license",
            "latest_version",
            "created_at",
            "updated_at",
            "url",
        )

    def get_url(self, package: Package) -> str:
        """The package's page."""
        return f"{settings.BASE_URL}/{package}"


class UpstreamOutput(serializers.Serializer[Any]):
    """Where a fork comes from, if the reader may see it."""

    package = serializers.CharField()
    version = serializers.CharField()
    digest = serializers.CharField()


class PackageDetailOutput(PackageOutput):
    """A package with its origin."""

    upstream = UpstreamOutput(allow_null=True)

    class Meta(PackageOutput.Meta):
        fields = (*PackageOutput.Meta.fields, "upstream")


class PackagePage(serializers.Serializer[Any]):
    """A page of packages."""

    items = PackageOutput(many=True)
    next = serializers.CharField(allow_null=True, help_text="Cursor of the next page.")
    previous = serializers.CharField(allow_null=True, help_text="Cursor of the page before.")


class PartOutput(serializers.Serializer[Any]):
    """A piece of a passage, as plain text."""

    text = serializers.CharField()
    is_match = serializers.BooleanField()


class FoundOutput(PackageOutput):
    """A package that was found, with the passage in which the words stand."""

    passage = PartOutput(many=True, help_text="Empty if the words stand elsewhere, as in the name.")

    class Meta(PackageOutput.Meta):
        fields = (*PackageOutput.Meta.fields, "passage")


class ValueOutput(serializers.Serializer[Any]):
    """One value of a facet."""

    value = serializers.CharField()
    count = serializers.IntegerField()


class FacetOutput(serializers.Serializer[Any]):
    """One way to narrow the search: the parameter that does it, and its commonest values."""

    name = serializers.CharField()
    values = ValueOutput(many=True)


class SearchOutput(serializers.Serializer[Any]):
    """The answer to a search."""

    items = FoundOutput(many=True)
    next = serializers.CharField(allow_null=True, help_text="Cursor of the next page.")
    previous = serializers.CharField(allow_null=True, help_text="Cursor of the page before.")
    total = serializers.IntegerField(help_text="How many packages were found and counted.")
    is_capped = serializers.BooleanField(help_text="There are more than `total` and the counts of the facets say.")
    is_guess = serializers.BooleanField(help_text="Nothing has these words; the names found are like them.")
    facets = FacetOutput(many=True)


class ReleasePage(serializers.Serializer[Any]):
    """A page of releases."""

    items = ReleaseOutput(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
