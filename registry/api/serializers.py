"""Shapes of packages and releases, as they come in and go out."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from registry.api.scans import ScanOutput
from registry.domain import model_profiles
from registry.domain.files import SKILL
from registry.kinds import KINDS
from registry.models import Imposer, Package, Release, Visibility
from registry.services import scans

MAX_LIMIT = 100


class PackageInput(serializers.Serializer[Any]):
    """A new package."""

    namespace = serializers.CharField(max_length=39, help_text="Yours, or an organization's that you manage.")
    name = serializers.CharField(max_length=100)
    kind = serializers.CharField(
        max_length=20, help_text="`rule`, `prompt`, `skill`, `mcp-server`, `model`, `docs`, `data` or `assistant`."
    )
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


class ReleaseUpload(serializers.Serializer[Any]):
    """A new release of a package that is a folder."""

    version = serializers.CharField(max_length=64, help_text="A semantic version, such as `1.2.0`.")
    archive = serializers.FileField(
        max_length=200,
        help_text="The folder as zip, tar or tar.gz, with its `SKILL.md` at the top or in its one folder.",
    )
    readme = serializers.CharField(trim_whitespace=False, required=False, allow_blank=True, default="")
    changelog = serializers.CharField(trim_whitespace=False, required=False, allow_blank=True, default="")

    def validate_archive(self, value: UploadedFile) -> UploadedFile:
        """An archive is packed: none that is larger than what may be in it is worth looking at."""
        if value.size is None or value.size > SKILL.total_bytes:
            raise serializers.ValidationError(f"The archive is larger than {SKILL.total_bytes // 1024**2} MiB.")
        return value


class YankInput(serializers.Serializer[Any]):
    """Why a release is yanked."""

    reason = serializers.CharField(max_length=500, help_text="Shown to people who have the release locked.")


class DeprecationOutput(serializers.Serializer[Any]):
    """What those who publish say about using it no more."""

    message = serializers.CharField()
    successor = serializers.CharField(allow_null=True, help_text="What to use instead, if the reader may see it.")
    since = serializers.DateTimeField()


class QuarantineOutput(serializers.Serializer[Any]):
    """Why every use is refused. Only who may look into that gets an answer that has this."""

    reason = serializers.CharField()
    link = serializers.CharField(allow_blank=True)
    imposed_by = serializers.ChoiceField(choices=Imposer.choices, help_text="Only this side lifts it; a moderator any.")
    since = serializers.DateTimeField()


def deprecation_of(thing: Package | Release, successor: Package | None) -> dict[str, Any] | None:
    """The deprecation as API answers show it; `successor` is what the reader may see of it."""
    if not thing.is_deprecated:
        return None
    named = str(successor) if successor is not None else None
    value = {"message": thing.deprecation_message, "successor": named, "since": thing.deprecated_at}
    return dict(DeprecationOutput(value).data)


def quarantine_of(thing: Package | Release) -> dict[str, Any] | None:
    """The quarantine as API answers show it."""
    if not thing.is_quarantined:
        return None
    value = {
        "reason": thing.quarantine_reason,
        "link": thing.quarantine_link,
        "imposed_by": thing.quarantined_as,
        "since": thing.quarantined_at,
    }
    return dict(QuarantineOutput(value).data)


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
    origin = serializers.DictField(
        child=serializers.CharField(),
        allow_null=True,
        help_text="Where the text came from, such as a repository, its commit and path.",
    )
    artifact = serializers.CharField(
        source="artifact_id", allow_null=True, help_text="The digest of the archive, for a package that is a folder."
    )
    is_yanked = serializers.BooleanField()
    yank_reason = serializers.CharField()
    is_deprecated = serializers.BooleanField()
    is_quarantined = serializers.BooleanField()
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
            "download_count",
            "origin",
            "artifact",
            "is_yanked",
            "yank_reason",
            "is_deprecated",
            "is_quarantined",
            "manifest_url",
        )

    def to_representation(self, instance: Release) -> dict[str, Any]:
        """Of a quarantined release, lists tell that it is there, and repeat nothing of what it says."""
        shown = super().to_representation(instance)
        silenced = {"title": "", "secrets": [], "inputs": [], "warnings": []}
        return shown | silenced if instance.is_quarantined and type(self) is ReleaseOutput else shown

    def get_manifest_url(self, release: Release) -> str:
        """Where the manifest's bytes are."""
        return f"{settings.BASE_URL}/api/v1/packages/{release.package}/releases/{release.version}/manifest"


class FileOutput(serializers.Serializer[Any]):
    """One file of a package that is a folder."""

    path = serializers.CharField()
    size = serializers.IntegerField()
    digest = serializers.CharField()
    executable = serializers.BooleanField()


class PriceOutput(serializers.Serializer[Any]):
    """What a model costs by a price list."""

    input_per_million = serializers.CharField()
    output_per_million = serializers.CharField()
    currency = serializers.CharField()
    listed_on = serializers.DateField(help_text="Of the list’s newest entry.")
    list = serializers.CharField(help_text="Which list, and its version.")


class ModelOutput(serializers.Serializer[Any]):
    """A model in a few words."""

    provider = serializers.CharField()
    model = serializers.CharField()
    runs = serializers.CharField(help_text="`local`, `self-hosted`, `vpc` or `vendor`.")
    roles = serializers.ListField(child=serializers.CharField())
    capabilities = serializers.ListField(child=serializers.CharField())
    context_length = serializers.IntegerField(allow_null=True)
    price = PriceOutput(allow_null=True)


class InputOutput(serializers.Serializer[Any]):
    """An input that a block asks for, as it declares it."""

    name = serializers.CharField()
    type = serializers.CharField(help_text="`string`, `number`, `integer`, `boolean` or `url`.")
    description = serializers.CharField()
    default = serializers.CharField(allow_null=True)
    choices = serializers.ListField(child=serializers.CharField(), help_text="All that it takes; empty for anything.")
    is_required = serializers.BooleanField(help_text="Whether it has to be given.")


class ReleaseDetailOutput(ReleaseOutput):
    """A release with its texts."""

    content = serializers.JSONField(help_text="The parsed manifest without unknown keys.")
    document = serializers.JSONField(allow_null=True, help_text="An MCP server’s `server.json`.")
    files = FileOutput(many=True)
    declared_inputs = serializers.SerializerMethodField()
    model = serializers.SerializerMethodField()
    deprecation = DeprecationOutput(allow_null=True, read_only=True)
    quarantine = QuarantineOutput(allow_null=True, read_only=True)
    scan = serializers.SerializerMethodField()

    class Meta(ReleaseOutput.Meta):
        fields = (
            *ReleaseOutput.Meta.fields,
            "manifest",
            "content",
            "document",
            "files",
            "declared_inputs",
            "model",
            "readme",
            "changelog",
            "deprecation",
            "quarantine",
            "scan",
        )

    @extend_schema_field(InputOutput(many=True))
    def get_declared_inputs(self, release: Release) -> list[dict[str, Any]]:
        """What the release says of the inputs that it asks for."""
        return [one.as_json() for one in release.declared_inputs]

    @extend_schema_field(ModelOutput(allow_null=True))
    def get_model(self, release: Release) -> dict[str, Any] | None:
        """A model in a few words; null for other kinds."""
        if release.package.kind != "model":
            return None
        return model_profiles.profile(release.content["models"][0]).as_json()

    @extend_schema_field(ScanOutput(allow_null=True))
    def get_scan(self, release: Release) -> Any:
        """What checks found, the newest time that they looked; null before the first time."""
        found = scans.latest(release)
        return ScanOutput(found).data if found else None


class PackageOutput(serializers.ModelSerializer[Package]):
    """A package."""

    namespace = serializers.CharField(source="namespace.slug")
    full_name = serializers.CharField(source="__str__")
    namespace_verified = serializers.SerializerMethodField(help_text="Whether the namespace has proved a domain.")
    latest_version = serializers.CharField(source="latest_release.version", default=None, allow_null=True)
    is_deprecated = serializers.BooleanField()
    is_archived = serializers.BooleanField()
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
            "namespace_verified",
            "is_deprecated",
            "is_archived",
            "download_count",
            "created_at",
            "updated_at",
            "deleted_at",
            "url",
        )

    def get_namespace_verified(self, package: Package) -> bool:
        """Whether the namespace has proved a domain."""
        return package.namespace.verified_at is not None

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
    deprecation = DeprecationOutput(allow_null=True)
    quarantine = QuarantineOutput(allow_null=True)

    class Meta(PackageOutput.Meta):
        fields = (*PackageOutput.Meta.fields, "upstream", "deprecation", "quarantine")


class PackagePage(serializers.Serializer[Any]):
    """A page of packages."""

    items = PackageOutput(many=True)
    next = serializers.CharField(allow_null=True, help_text="Cursor of the next page.")
    previous = serializers.CharField(allow_null=True, help_text="Cursor of the page before.")


class ReleasePage(serializers.Serializer[Any]):
    """A page of releases."""

    items = ReleaseOutput(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
