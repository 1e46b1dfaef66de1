"""The audit log over REST."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from hub import keyset, lookups
from hub.actors import Actor
from hub.api.problems import Problem
from hub.api.views import HubAPIView
from hub.domain.actions import HubAction
from hub.domain.decisions import PermissionRefused, require
from hub.models import AuditEvent, Organization
from hub.policies.organizations import may_read_audit
from hub.services import audit, audit_export
from hub.services.audit_reading import NEWEST, Filters, of_namespace, of_person

JSON_LINES = "application/x-ndjson"
MAX_LIMIT = 100


class AuditFiltersInput(serializers.Serializer[Any]):
    """What to look for. All optional."""

    actor = serializers.CharField(required=False, max_length=150, help_text="Part of a name.")
    action = serializers.CharField(
        required=False, max_length=60, help_text="A whole action, or the beginning of one with a star: `registry.*`."
    )
    target = serializers.CharField(required=False, max_length=220, help_text="Part of a name.")
    token = serializers.CharField(required=False, max_length=120, help_text="Part of a token's name.")
    source = serializers.CharField(  # type: ignore[assignment]  # a field: DRF takes it off the class
        required=False, max_length=20, help_text="`browser`, `api`, `client`, `sso`, `scim`, `command` or `task`."
    )
    since = serializers.DateTimeField(required=False, help_text="Not before.")
    until = serializers.DateTimeField(required=False, help_text="Before.")


class AuditPageInput(AuditFiltersInput):
    """Filters and a place in the list."""

    cursor = serializers.CharField(required=False, allow_blank=True, max_length=1000)
    limit = serializers.IntegerField(required=False, default=30, min_value=1, max_value=MAX_LIMIT)


class AuditEventOutput(serializers.Serializer[Any]):
    """One event, in the words that its digest is taken of."""

    id = serializers.IntegerField()
    uid = serializers.UUIDField()
    at = serializers.DateTimeField()
    action = serializers.CharField()
    actor_id = serializers.IntegerField(allow_null=True)
    actor = serializers.CharField(help_text="Who acted, by the name of then.")
    token_id = serializers.IntegerField(allow_null=True)
    token = serializers.CharField(help_text="The name of the token that was used; empty for none.")
    on_behalf_of = serializers.CharField(help_text="Whom a machine served; empty for nobody.")
    source = serializers.CharField()  # type: ignore[assignment]  # as above
    namespace_id = serializers.IntegerField(allow_null=True)
    namespace = serializers.CharField(help_text="Where it happened, by the name of then.")
    target_type = serializers.CharField()
    target_id = serializers.IntegerField(allow_null=True)
    target = serializers.CharField()
    request_id = serializers.CharField()
    ip_address = serializers.IPAddressField(allow_null=True)
    data = serializers.DictField()  # type: ignore[assignment]  # as above


class AuditPage(serializers.Serializer[Any]):
    """A page of events, newest first."""

    items = AuditEventOutput(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class OrganizationAuditView(HubAPIView):
    """What happened in an organization."""

    @extend_schema(operation_id="organizations_audit_events", parameters=[AuditPageInput], responses=AuditPage)
    def get(self, request: Request, slug: str) -> Response:
        """Read an organization's audit log. Owners and auditors may, with a token of scope `audit`; that they did is recorded."""
        found = readable(self, slug)
        asked = self.read(AuditPageInput, request.query_params)
        filters = _filters(asked)
        with transaction.atomic():
            body = _page(of_namespace(found.namespace, filters), asked)
            data = {"filters": filters.used()} if filters.used() else {}
            audit.record_read(self.actor, HubAction.AUDIT_READ, found, namespace=found.namespace, data=data)
        return Response(body)


class OrganizationAuditExportView(HubAPIView):
    """What happened in an organization, as a file."""

    @extend_schema(
        operation_id="organizations_audit_export",
        parameters=[AuditFiltersInput],
        responses={
            (200, JSON_LINES): OpenApiResponse(
                OpenApiTypes.STR, "One JSON object a line; docs/audit.md has the format."
            )
        },
    )
    def get(self, request: Request, slug: str) -> StreamingHttpResponse:
        """Export an organization's audit log as JSON Lines, with the seals by which it can be checked without the hub."""
        found = readable(self, slug)
        return download(self.actor, found, _filters(self.read(AuditFiltersInput, request.query_params)))


class MyAuditView(HubAPIView):
    """What the caller did."""

    @extend_schema(operation_id="me_audit_events", parameters=[AuditPageInput], responses=AuditPage)
    def get(self, request: Request) -> Response:
        """Read what you did, and what happened to your account."""
        if self.actor.user is None:
            raise exceptions.NotAuthenticated("Sign in, or send an API token.")
        if self.actor.reader is None:
            raise PermissionRefused("This token lacks the scope “read”.")
        asked = self.read(AuditPageInput, request.query_params)
        return Response(_page(of_person(self.actor.user, _filters(asked)), asked))


def readable(view: HubAPIView, slug: str) -> Organization:
    """The organization, if the caller may read its audit log. Raises Http404 or PermissionRefused."""
    found = lookups.organization(view.actor, slug)
    require(may_read_audit(view.actor, found))
    return found


def download(by: Actor, organization: Organization, filters: Filters) -> StreamingHttpResponse:
    """An export as an answer that is written while it is read. That it was taken is recorded first."""
    namespace = organization.namespace
    with transaction.atomic():
        data = {"filters": filters.used()}
        audit.record_read(by, HubAction.AUDIT_EXPORT, organization, namespace=namespace, data=data)
    response = StreamingHttpResponse(audit_export.lines(namespace, filters), content_type=JSON_LINES)
    response.headers["Content-Disposition"] = f'attachment; filename="audit-{namespace.slug}.jsonl"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _filters(asked: dict[str, Any]) -> Filters:
    return Filters(**{name: value for name, value in asked.items() if name not in {"cursor", "limit"}})


def _page(rows: QuerySet[AuditEvent], asked: dict[str, Any]) -> dict[str, Any]:
    try:
        page = keyset.paginate(rows, NEWEST, limit=asked["limit"], cursor=asked.get("cursor") or None)
    except keyset.InvalidCursor as error:
        raise Problem(400, "cursor_invalid", f"{error} Start again without “cursor”.") from None
    items = [{"id": event.id, **audit.facts(event)} for event in page.items]
    return {
        "items": AuditEventOutput(items, many=True).data,
        "next": page.next_cursor,
        "previous": page.previous_cursor,
    }
