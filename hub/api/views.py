"""The base of every API view."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from hub.actors import Actor
from hub.api import throttling
from hub.context import actor_of


class OneForm(DefaultContentNegotiation):
    """Each address answers in one form, whatever the caller says it accepts (RFC 9110 leaves this to the server).

    A manifest is YAML and an error a problem document: a client that accepts only one of them must still get the other.
    """

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """The view's only renderer."""
        only = next(iter(renderers))
        return only, only.media_type


class HubAPIView(APIView):
    """An API view that knows its actor, tells its rate limit, and reads input through serializers."""

    content_negotiation_class = OneForm

    @property
    def actor(self) -> Actor:
        """Who asks."""
        return actor_of(self.request)

    def read(self, serializer: type[Serializer[Any]], data: Any) -> dict[str, Any]:
        """`data` through `serializer`; raises ValidationError with the field at fault."""
        bound = serializer(data=data)
        bound.is_valid(raise_exception=True)
        return bound.validated_data

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        """Adds the RateLimit headers, and keeps caches from mixing up callers."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        throttling.add_headers(request, answer)
        answer.headers.setdefault("Cache-Control", "private, no-cache")
        return answer
