"""Shapes of the assistants' input and output."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from assistants.targets import TARGETS
from registry.models import Visibility


class VersionInput(serializers.Serializer[Any]):
    """Which release of an assistant."""

    version = serializers.CharField(
        required=False,
        allow_blank=True,
        default="latest",
        max_length=256,
        help_text="`latest`, exact, or a range such as `^1.2`.",
    )


class ScopeInput(serializers.Serializer[Any]):
    """For whom."""

    scope = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=200,
        help_text="Default: with everything that your organizations and teams lay over it. `none`, an organization "
        "`acme`, or a team `acme/backend`: with what these lay over it and nothing else. What is required of you cannot "
        "be left out.",
    )


class TargetInput(serializers.Serializer[Any]):
    """For which client, in which form."""

    target = serializers.CharField(
        required=False,
        max_length=40,
        help_text=f"The files for one client: {', '.join(f'`{name}`' for name in TARGETS)}.",
    )
    format = serializers.ChoiceField(
        choices=["zip", "json"],
        required=False,
        default="zip",
        help_text="With `target`: a zip, or files and losses as JSON.",
    )
    strict = serializers.BooleanField(
        required=False, default=False, help_text="With `target`: refuse with 422 where something severe would be lost."
    )


class SignatureOutput(serializers.Serializer[Any]):
    """One signature of an envelope."""

    keyid = serializers.CharField()
    sig = serializers.CharField(help_text="Base64.")


class ReceiptOutput(serializers.Serializer[Any]):
    """A DSSE envelope around an in-toto statement about a bundle."""

    payload = serializers.CharField(help_text="Base64 of the statement.")
    payloadType = serializers.CharField()  # noqa: N815  # the format's own name
    signatures = SignatureOutput(many=True)


class ResolveInput(serializers.Serializer[Any]):
    """A manifest to try out, and optionally as whose assistant."""

    manifest = serializers.CharField(trim_whitespace=False)
    namespace = serializers.CharField(max_length=39, required=False, help_text="Default: your own.")
    name = serializers.CharField(max_length=100, required=False, default="preview")
    version = serializers.CharField(max_length=64, required=False, default="0.0.0")
    visibility = serializers.ChoiceField(choices=Visibility.choices, default=Visibility.PRIVATE)


class RequirementOutput(serializers.Serializer[Any]):
    """One requirement, resolved."""

    path = serializers.CharField()
    uses = serializers.CharField()
    package = serializers.CharField()
    kind = serializers.CharField()
    version = serializers.CharField()
    digest = serializers.CharField()


class AssistantIdentity(serializers.Serializer[Any]):
    """Whose bundle it is."""

    package = serializers.CharField()
    version = serializers.CharField()
    digest = serializers.CharField(help_text="Of the manifest.")


class SecretOutput(serializers.Serializer[Any]):
    """A secret that a client has to supply."""

    name = serializers.CharField()
    fqsn = serializers.CharField(help_text="Fully qualified: assistant, block, name.")


class LayerOutput(serializers.Serializer[Any]):
    """An assistant that another builds on, or that an organization lays over it."""

    path = serializers.CharField()
    uses = serializers.CharField()
    package = serializers.CharField()
    version = serializers.CharField()
    digest = serializers.CharField(help_text="Of its manifest.")
    bundle = serializers.CharField(help_text="Digest of what it resolves to by itself.")
    mode = serializers.CharField(required=False, help_text="Of an overlay: `added` or `required`.")


class ConflictOutput(serializers.Serializer[Any]):
    """Items that contradict one another, and what comes of it."""

    kind = serializers.CharField(help_text="`duplicate_name`, `contradicting_globs` or `two_models_for_role`.")
    section = serializers.CharField()
    subject = serializers.CharField()
    paths = serializers.ListField(child=serializers.CharField())
    outcome = serializers.CharField()


class LockOutput(serializers.Serializer[Any]):
    """Exact versions and digests of everything an assistant is made of."""

    format = serializers.CharField()
    assistant = AssistantIdentity()
    bundle = serializers.CharField(help_text="Digest of the bundle.")
    requirements = RequirementOutput(many=True)
    extends = LayerOutput(many=True, required=False)
    overlays = LayerOutput(many=True, required=False)


class BundleOutput(serializers.Serializer[Any]):
    """An assistant with everything expanded, in canonical JSON."""

    format = serializers.CharField()
    assistant = AssistantIdentity()
    config = serializers.JSONField(
        help_text="config.yaml v1, unrolled; secrets stay variables with fully qualified names."
    )
    requirements = RequirementOutput(many=True)
    secrets = SecretOutput(many=True)
    extends = LayerOutput(many=True, required=False)
    overlays = LayerOutput(many=True, required=False)


class ResolutionOutput(serializers.Serializer[Any]):
    """What publishing a manifest would give."""

    bundle_digest = serializers.CharField()
    bundle = BundleOutput()
    lock = LockOutput()
    explanation = serializers.JSONField()
    conflicts = ConflictOutput(many=True)
