"""An organization's webhooks over REST."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from hub import keyset, lookups
from hub.api import lists
from hub.api.problems import Problem
from hub.api.tokens import ONCE, require_token
from hub.api.views import HubAPIView
from hub.domain import webhooks as domain
from hub.domain.decisions import require
from hub.models import DeliveryState, Namespace, Webhook, WebhookDelivery
from hub.policies import webhooks as policies
from hub.services import webhooks as services

IN_ORDER = keyset.Order("webhooks", ("id",))
NEWEST = keyset.Order("webhook-deliveries", ("-id",))
GONE = {204: OpenApiResponse(description="It is gone.")}


class NewWebhookInput(serializers.Serializer[Any]):
    """A webhook to make."""

    url = serializers.CharField(max_length=services.URL_MAX_LENGTH, help_text="`https`, open to the internet.")
    events = serializers.ListField(
        child=serializers.CharField(max_length=60),
        max_length=domain.MAX_PATTERNS,
        help_text="Kinds of events as in the audit log, or the beginning of some with a star: `registry.release.*`.",
    )
    description = serializers.CharField(
        max_length=services.DESCRIPTION_MAX_LENGTH, required=False, allow_blank=True, default=""
    )


class WebhookChange(serializers.Serializer[Any]):
    """What to change; what is left out stays."""

    url = serializers.CharField(max_length=services.URL_MAX_LENGTH, required=False)
    events = serializers.ListField(
        child=serializers.CharField(max_length=60), max_length=domain.MAX_PATTERNS, required=False
    )
    description = serializers.CharField(max_length=services.DESCRIPTION_MAX_LENGTH, required=False, allow_blank=True)
    is_enabled = serializers.BooleanField(required=False, help_text="Off: nothing is noted for it.")


class SecretOverlapInput(serializers.Serializer[Any]):
    """How a secret is rotated."""

    overlap_seconds = serializers.IntegerField(
        required=False,
        default=24 * 3600,
        min_value=0,
        max_value=int(services.MAX_OVERLAP.total_seconds()),
        help_text="How long the former secret signs as well.",
    )


class WebhookOutput(serializers.Serializer[Any]):
    """A webhook, without its secret."""

    id = serializers.IntegerField()
    url = serializers.CharField()
    description = serializers.CharField()
    events = serializers.ListField(child=serializers.CharField())
    is_enabled = serializers.BooleanField()
    disabled_reason = serializers.CharField(help_text="Why the hub switched it off; empty if it did not.")
    failing_since = serializers.DateTimeField(allow_null=True, help_text="The first failure after the last success.")
    created_at = serializers.DateTimeField()


class NewWebhookOutput(WebhookOutput):
    """A webhook with a new signing secret. This answer alone has it."""

    secret = serializers.CharField()


class WebhookPage(serializers.Serializer[Any]):
    """A page of webhooks, the oldest first."""

    items = WebhookOutput(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class DeliveryItem(serializers.Serializer[Any]):
    """A message to a webhook."""

    id = serializers.IntegerField()
    message_id = serializers.CharField(help_text="The header `webhook-id`, the same at every try.")
    event_type = serializers.CharField()
    state = serializers.ChoiceField(choices=DeliveryState.choices)
    tries = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    delivered_at = serializers.DateTimeField(allow_null=True)
    retries_at = serializers.DateTimeField(allow_null=True, help_text="When it is tried again; null for never.")


class DeliveryPage(serializers.Serializer[Any]):
    """A page of deliveries, newest first."""

    items = DeliveryItem(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class TryOutput(serializers.Serializer[Any]):
    """What came of one request."""

    number = serializers.IntegerField()
    at = serializers.DateTimeField()
    duration_ms = serializers.IntegerField()
    status = serializers.IntegerField(allow_null=True, help_text="Null if there was no answer.")
    error = serializers.CharField()
    response_headers = serializers.DictField(child=serializers.CharField())
    response_body = serializers.CharField(help_text="The beginning of it.")


class DeliveryOutput(DeliveryItem):
    """A message with what was sent, and what came of each try."""

    body = serializers.CharField(help_text="Empty until the first try.")
    log = TryOutput(many=True)


class WebhookListView(HubAPIView):
    """The webhooks of an organization."""

    @extend_schema(operation_id="webhooks_list", parameters=[lists.PlaceInput], responses=WebhookPage)
    def get(self, request: Request, slug: str) -> Response:
        """List the webhooks, for owners and admins."""
        rows = Webhook.objects.filter(namespace=_managed(self, slug))
        page = lists.page_of(rows, IN_ORDER, self.read(lists.PlaceInput, request.query_params))
        return Response(lists.body_of(page, WebhookOutput))

    @extend_schema(operation_id="webhooks_create", request=NewWebhookInput, responses={201: NewWebhookOutput})
    def post(self, request: Request, slug: str) -> Response:
        """Make a webhook. Events that begin with `hub.` are for who reads the audit log. The answer has the secret, once."""
        namespace = _managed(self, slug)
        require_token(self.actor)
        asked = self.read(NewWebhookInput, request.data)
        with _as_problems():
            made = services.create(by=self.actor, namespace=namespace, **asked)
        return _shown_once(made)


class WebhookView(HubAPIView):
    """One webhook."""

    @extend_schema(operation_id="webhooks_get", responses=WebhookOutput)
    def get(self, request: Request, slug: str, webhook_id: int) -> Response:
        """Show a webhook."""
        return Response(WebhookOutput(_found(self, slug, webhook_id)).data)

    @extend_schema(operation_id="webhooks_update", request=WebhookChange, responses=WebhookOutput)
    def patch(self, request: Request, slug: str, webhook_id: int) -> Response:
        """Change a webhook, or switch it off and on."""
        found = _found(self, slug, webhook_id)
        require_token(self.actor)
        asked = {name: getattr(found, name) for name in ("url", "events", "description", "is_enabled")}
        asked |= self.read(WebhookChange, request.data)
        with _as_problems():
            changed = services.update(by=self.actor, webhook=found, **asked)
        return Response(WebhookOutput(changed).data)

    @extend_schema(operation_id="webhooks_delete", responses=GONE)
    def delete(self, request: Request, slug: str, webhook_id: int) -> Response:
        """Delete a webhook with its log."""
        found = _found(self, slug, webhook_id)
        require_token(self.actor)
        with _as_problems():
            services.delete(by=self.actor, webhook=found)
        return Response(status=status.HTTP_204_NO_CONTENT)


class WebhookRotationView(HubAPIView):
    """The rotation of a signing secret."""

    @extend_schema(operation_id="webhooks_rotate", request=SecretOverlapInput, responses={201: NewWebhookOutput})
    def post(self, request: Request, slug: str, webhook_id: int) -> Response:
        """Make a new signing secret, shown once. Messages carry the signatures of both for `overlap_seconds`."""
        found = _found(self, slug, webhook_id)
        require_token(self.actor)
        overlap = timedelta(seconds=self.read(SecretOverlapInput, request.data)["overlap_seconds"])
        with _as_problems():
            made = services.rotate(by=self.actor, webhook=found, overlap=overlap)
        return _shown_once(made)


class WebhookTestView(HubAPIView):
    """Test messages."""

    @extend_schema(operation_id="webhooks_test", request=None, responses={202: DeliveryItem})
    def post(self, request: Request, slug: str, webhook_id: int) -> Response:
        """Have a message of the kind `webhook.test` sent."""
        found = _found(self, slug, webhook_id)
        require_token(self.actor)
        with _as_problems():
            made = services.test(by=self.actor, webhook=found)
        return Response(DeliveryItem(made).data, status.HTTP_202_ACCEPTED)


class DeliveryListView(HubAPIView):
    """What was sent to a webhook."""

    @extend_schema(operation_id="webhook_deliveries_list", parameters=[lists.PlaceInput], responses=DeliveryPage)
    def get(self, request: Request, slug: str, webhook_id: int) -> Response:
        """List the deliveries of the time that the log is kept for."""
        rows = WebhookDelivery.objects.filter(webhook=_found(self, slug, webhook_id)).defer("body")
        page = lists.page_of(rows, NEWEST, self.read(lists.PlaceInput, request.query_params))
        return Response(lists.body_of(page, DeliveryItem))


class DeliveryView(HubAPIView):
    """One message."""

    @extend_schema(operation_id="webhook_deliveries_get", responses=DeliveryOutput)
    def get(self, request: Request, slug: str, webhook_id: int, delivery_id: int) -> Response:
        """Show a message, and what came of each try."""
        found = _delivery(self, slug, webhook_id, delivery_id)
        shape = {
            **DeliveryItem(found).data,
            "body": found.body,
            "log": TryOutput(found.log.order_by("id")[:100], many=True).data,
        }
        return Response(shape)


class ReplayView(HubAPIView):
    """The replay of a message."""

    @extend_schema(operation_id="webhook_deliveries_replay", request=None, responses={202: DeliveryItem})
    def post(self, request: Request, slug: str, webhook_id: int, delivery_id: int) -> Response:
        """Send a message that is over once more, with the same id and the same body."""
        found = _delivery(self, slug, webhook_id, delivery_id)
        require_token(self.actor)
        with _as_problems():
            services.replay(by=self.actor, delivery=found)
        found.refresh_from_db()
        return Response(DeliveryItem(found).data, status.HTTP_202_ACCEPTED)


def _managed(view: HubAPIView, slug: str) -> Namespace:
    """The organization's namespace, if the caller manages its webhooks. Raises Http404 or PermissionRefused."""
    organization = lookups.organization(view.actor, slug)
    require(policies.may_manage(view.actor, organization.namespace))
    return organization.namespace


def _found(view: HubAPIView, slug: str, webhook_id: int) -> Webhook:
    namespace = _managed(view, slug)
    found = get_object_or_404(
        Webhook.objects.select_related("namespace__organization"), id=webhook_id, namespace=namespace
    )
    require(policies.may_change(view.actor, found))
    return found


def _delivery(view: HubAPIView, slug: str, webhook_id: int, delivery_id: int) -> WebhookDelivery:
    rows = WebhookDelivery.objects.select_related("webhook__namespace__organization")
    return get_object_or_404(rows, id=delivery_id, webhook=_found(view, slug, webhook_id))


def _shown_once(made: services.NewSecret) -> Response:
    shape = {**WebhookOutput(made.webhook).data, "secret": made.secret}
    return Response(shape, status.HTTP_201_CREATED, headers=ONCE)


@contextmanager
def _as_problems() -> Iterator[None]:
    try:
        yield
    except services.InvalidUrl as error:
        raise Problem(400, "url_invalid", str(error)) from None
    except services.InvalidDescription as error:
        raise Problem(400, "description_invalid", str(error)) from None
    except domain.InvalidEvents as error:
        raise Problem(400, "events_invalid", str(error)) from None
    except services.TooMany as error:
        raise Problem(409, "too_many", str(error)) from None
    except services.Disabled as error:
        raise Problem(409, "webhook_off", str(error)) from None
    except services.StillOpen as error:
        raise Problem(409, "delivery_open", str(error)) from None
    except services.Gone as error:
        raise Problem(404, "not_found", str(error)) from None
