"""What checks found in a release, as the API tells it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from registry.checks import SEVERITIES
from registry.models import ReleaseScan


class FindingOutput(serializers.Serializer[Any]):
    """One thing that a check found, where, and what to do about it."""

    check = serializers.CharField()
    severity = serializers.ChoiceField(choices=[(severity, severity) for severity in SEVERITIES])
    message = serializers.CharField()
    file = serializers.CharField()
    line = serializers.IntegerField()
    column = serializers.IntegerField()
    mend = serializers.CharField()


class ScanOutput(serializers.ModelSerializer[ReleaseScan]):
    """The newest scan of a release."""

    checks = serializers.DictField(
        child=serializers.DictField(child=serializers.IntegerField()),
        help_text="For each check its version and how much it found, by severity.",
    )
    findings = FindingOutput(many=True)

    class Meta:
        model = ReleaseScan
        fields = ("scanned_at", "checks", "error_count", "warning_count", "findings")
