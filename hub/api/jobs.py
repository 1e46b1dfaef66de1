"""Jobs over REST."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from hub.api.views import HubAPIView
from hub.models import JobState
from hub.services import jobs


class JobOutput(serializers.Serializer[Any]):
    """Long work: where it stands, and what came of it."""

    id = serializers.IntegerField()
    kind = serializers.CharField()
    namespace = serializers.CharField(source="namespace.slug")
    state = serializers.ChoiceField(choices=JobState.choices)
    done = serializers.IntegerField()
    total = serializers.IntegerField(allow_null=True)
    note = serializers.CharField()
    error = serializers.CharField()
    report = serializers.JSONField(allow_null=True)
    started_by = serializers.CharField(source="user.username")
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class JobView(HubAPIView):
    """One job."""

    @extend_schema(operation_id="jobs_read", responses=JobOutput)
    def get(self, request: Request, job_id: int) -> Response:
        """How far a job is, and its report when it is done. For those who publish in its namespace."""
        return Response(JobOutput(get_object_or_404(jobs.visible_to(self.actor), id=job_id)).data)
