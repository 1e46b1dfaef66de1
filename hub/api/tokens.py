"""API tokens over REST: a person's own, and the shapes that service accounts share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import exceptions, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from hub import keyset
from hub.actors import Actor
from hub.api import lists
from hub.api.problems import Problem
from hub.api.views import HubAPIView
from hub.domain.actions import Scope
from hub.domain.decisions import PermissionRefused
from hub.domain.patterns import MAX_LENGTH, InvalidPattern
from hub.models import ApiToken
from hub.policies import tokens as policies
from hub.services import service_accounts
from hub.services import tokens as services

NEWEST = keyset.Order("tokens", ("-created_at", "-id"))
ONCE = {"Cache-Control": "no-store"}
MAX_OVERLAP_SECONDS = int(services.MAX_OVERLAP.total_seconds())


class TokenLimitsInput(serializers.Serializer[Any]):
    """A token to make."""

    name = serializers.CharField(max_length=services.NAME_MAX_LENGTH, help_text="Where it will be used.")
    scopes = serializers.MultipleChoiceField(choices=[str(scope) for scope in Scope], allow_empty=False)
    patterns = serializers.ListField(
        child=serializers.CharField(max_length=MAX_LENGTH),
        required=False,
        default=list,
        help_text="Packages that it is for, such as `acme/*`; none for all.",
    )
    expires_at = serializers.DateTimeField(
        required=False, allow_null=True, default=None, help_text="When it ends; null for never."
    )


class OverlapInput(serializers.Serializer[Any]):
    """How to rotate a token."""

    overlap_seconds = serializers.IntegerField(
        required=False,
        default=0,
        min_value=0,
        max_value=MAX_OVERLAP_SECONDS,
        help_text="How long the old secret still works.",
    )


class TokenItem(serializers.Serializer[Any]):
    """A token, without its secret."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    kind = serializers.CharField(help_text="`personal`, `service`, `device` or `publishing`.")
    hint = serializers.CharField(help_text="The last characters of the secret.")
    scopes = serializers.ListField(child=serializers.CharField())
    patterns = serializers.ListField(child=serializers.CharField(), source="package_patterns")
    organization = serializers.CharField(
        source="organization.namespace.slug", allow_null=True, default=None, help_text="The only one it reaches."
    )
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True, help_text="To the minute.")
    last_used_ip = serializers.IPAddressField(allow_null=True)
    replaces = serializers.IntegerField(
        source="replaces_id", allow_null=True, help_text="The token it was rotated from."
    )


class TokenPage(serializers.Serializer[Any]):
    """A page of tokens, newest first."""

    items = TokenItem(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class NewTokenOutput(TokenItem):
    """A token just made. This answer alone has its secret."""

    secret = serializers.CharField()


class MyTokensView(HubAPIView):
    """The caller's tokens."""

    @extend_schema(operation_id="me_tokens", parameters=[lists.PlaceInput], responses=TokenPage)
    def get(self, request: Request) -> Response:
        """List your tokens, signed in in the browser. A token is shown itself alone."""
        asked = self.read(lists.PlaceInput, request.query_params)
        rows = mine(self.actor).select_related("organization__namespace")
        return Response(lists.body_of(lists.page_of(rows, NEWEST, asked), TokenItem))


class MyTokenView(HubAPIView):
    """One token of the caller."""

    @extend_schema(operation_id="me_tokens_revoke", responses={204: OpenApiResponse(description="It has ended.")})
    def delete(self, request: Request, token_id: int) -> Response:
        """Revoke a token of yours. A program may end its own token in this way, and no other."""
        token = get_object_or_404(mine(self.actor), id=token_id)
        services.revoke(by=self.actor, token=token)
        return Response(status=status.HTTP_204_NO_CONTENT)


def mine(actor: Actor) -> QuerySet[ApiToken]:
    """The tokens that the caller sees as its own. Raises NotAuthenticated for nobody."""
    if actor.user is None and actor.token is None:
        raise exceptions.NotAuthenticated("Sign in, or send an API token.")
    return policies.visible_to(actor)


def require_token(actor: Actor) -> None:
    """Raise PermissionRefused unless a token is used: in the browser, pages ask once more who sits there before this."""
    if actor.token is None:
        raise PermissionRefused("Send an API token of scope “admin”, or use the page in the browser.")


def shown_once(made: services.NewToken, code: int = status.HTTP_201_CREATED) -> Response:
    """The only answer that has the secret; no cache keeps it."""
    return Response({**TokenItem(made.token).data, "secret": made.secret}, code, headers=ONCE)


@contextmanager
def as_problems() -> Iterator[None]:
    """Turn what the services of tokens and service accounts raise into answers."""
    try:
        yield
    except InvalidPattern as error:
        raise Problem(400, "pattern_invalid", str(error)) from None
    except services.TooLong as error:
        raise Problem(400, "token_too_long", str(error)) from None
    except services.InvalidToken as error:
        raise Problem(400, "token_invalid", str(error)) from None
    except services.RotatedAlready as error:
        raise Problem(409, "token_rotated", str(error)) from None
    except services.NotInForce as error:
        raise Problem(409, "token_over", str(error)) from None
    except (services.TooMany, service_accounts.TooMany) as error:
        raise Problem(409, "too_many", str(error)) from None
