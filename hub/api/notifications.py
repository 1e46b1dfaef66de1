"""What the caller is told, over REST."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from hub.api import lists
from hub.api.problems import Problem
from hub.api.views import HubAPIView
from hub.domain.actions import Scope
from hub.domain.decisions import PermissionRefused
from hub.models import User, Way
from hub.services import notifications as services

MAX_IDS = 500


class NotificationListInput(lists.PlaceInput):
    """Query of the list of notifications."""

    unread = serializers.BooleanField(required=False, default=False, help_text="Only those that are unread.")


class NotificationOutput(serializers.Serializer[Any]):
    """A notification. Title and body are empty where the caller may no longer read what it is about."""

    id = serializers.IntegerField()
    kind = serializers.CharField()
    title = serializers.CharField()
    body = serializers.CharField()
    url = serializers.CharField(help_text="A path of this hub.")
    at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)


class NotificationPage(serializers.Serializer[Any]):
    """A page of notifications, newest first."""

    items = NotificationOutput(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class ReadInput(serializers.Serializer[Any]):
    """Which notifications were read."""

    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**62),
        required=False,
        max_length=MAX_IDS,
        help_text="All, if left out.",
    )


class ReadOutput(serializers.Serializer[Any]):
    """How much was unread before, and is now."""

    marked = serializers.IntegerField()
    unread = serializers.IntegerField()


class PreferencesInput(serializers.Serializer[Any]):
    """How to be told of some kinds."""

    ways = serializers.DictField(child=serializers.ChoiceField(choices=Way.choices), allow_empty=False)


class PreferencesOutput(serializers.Serializer[Any]):
    """How the caller is told of every kind."""

    ways = serializers.DictField(child=serializers.CharField())


class MyNotificationsView(HubAPIView):
    """The caller's notifications."""

    @extend_schema(operation_id="my_notifications_list", parameters=[NotificationListInput], responses=NotificationPage)
    def get(self, request: Request) -> Response:
        """List what the caller was told, newest first."""
        user = _person(self)
        asked = self.read(NotificationListInput, request.query_params)
        page = lists.page_of(services.listed(user=user, unread=asked["unread"]), services.NEWEST, asked)
        readable = services.readable(user=user, rows=page.items)
        for row in page.items:
            if row.pk not in readable:
                row.title = row.body = row.url = ""
        return Response(lists.body_of(page, NotificationOutput))

    @extend_schema(operation_id="my_notifications_read", request=ReadInput, responses=ReadOutput)
    def post(self, request: Request) -> Response:
        """Mark some as read, or all."""
        user = _person(self)
        ids = self.read(ReadInput, request.data).get("ids")
        marked = services.mark_read(user=user, ids=ids)
        return Response({"marked": marked, "unread": services.unread_count(user=user)})


class MyNotificationPreferencesView(HubAPIView):
    """How the caller is told."""

    @extend_schema(operation_id="my_notification_preferences_read", responses=PreferencesOutput)
    def get(self, request: Request) -> Response:
        """Read how the caller is told of every kind."""
        return Response(_preferences(_person(self)))

    @extend_schema(
        operation_id="my_notification_preferences_update", request=PreferencesInput, responses=PreferencesOutput
    )
    def patch(self, request: Request) -> Response:
        """Choose how to be told of some kinds. Takes a token of scope `manage`."""
        user = _person(self)
        if not self.actor.has_scope(Scope.MANAGE):
            raise PermissionRefused("This token lacks the scope “manage”.")
        ways = self.read(PreferencesInput, request.data)["ways"]
        try:
            services.prefer(by=self.actor, ways=ways)
        except services.UnknownKind as error:
            raise Problem(400, "kind_unknown", str(error)) from None
        return Response(_preferences(user))


def _person(view: HubAPIView) -> User:
    user = view.actor.reader
    if user is None:
        if view.actor.user is not None:
            raise PermissionRefused("This token lacks the scope “read”.")
        raise exceptions.NotAuthenticated
    return user


def _preferences(user: User) -> dict[str, dict[str, str]]:
    return {"ways": {kind.name: str(way) for kind, way in services.preferences(user=user)}}
