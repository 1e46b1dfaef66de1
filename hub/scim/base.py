"""What every address of the protocol shares: who may call, what is read and written, and in which form."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from rest_framework.parsers import BaseParser
from rest_framework.permissions import BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from scim2_models import Context, ListResponse, ResponseParameters, SearchRequest

from hub.actors import Actor
from hub.api import throttling
from hub.api.authentication import TokenAuthentication
from hub.api.parsers import StrictJSONParser
from hub.api.views import OneForm
from hub.context import actor_of
from hub.domain.decisions import require
from hub.domain.slugs import normalize
from hub.models import ApiToken, Organization, Source
from hub.policies.scim import may_provision
from hub.scim import errors, filters, mapping
from hub.scim.resources import MAX_RESULTS, PAGE, PROVIDER

MEDIA_TYPE = "application/scim+json"
_SEARCH = ("filter", "sortBy", "sortOrder", "startIndex", "count", "attributes", "excludedAttributes")


class ScimParser(StrictJSONParser):
    """The protocol's own media type."""

    media_type = MEDIA_TYPE


class ScimRenderer(JSONRenderer):
    """Writes the protocol's own media type."""

    media_type = MEDIA_TYPE
    format = "scim"


class HasToken(BasePermission):
    """A token, whichever: what it may is decided once the organization is known."""

    def has_permission(self, request: Request, view: object) -> bool:
        """Whether the caller sent a token that is in force."""
        return isinstance(request.auth, ApiToken)


class ScimView(APIView):
    """An address under /scim/v2/{organization}. Only the organization's own provisioning token gets past `initial`."""

    authentication_classes = (TokenAuthentication,)
    permission_classes = (HasToken,)
    parser_classes: tuple[type[BaseParser], ...] = (ScimParser, StrictJSONParser)
    renderer_classes = (ScimRenderer,)
    content_negotiation_class = OneForm
    schema = None  # The protocol describes itself at /Schemas.

    organization: Organization
    actor: Actor

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Handles the request by the rules that /ServiceProviderConfig announces."""
        with PROVIDER:
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Finds the organization, which for the token of another one does not exist. Raises Http404 or PermissionRefused."""
        super().initial(request, *args, **kwargs)
        actor = actor_of(request)
        rows = Organization.objects.select_related("namespace").filter(deleted_at=None)
        organization = rows.filter(namespace__slug=normalize(kwargs["slug"])).first()
        if organization is None or organization.id != actor.confined_to:
            raise Http404
        require(may_provision(actor, organization))
        self.organization = organization
        self.actor = replace(actor, source=str(Source.SCIM))

    def get_exception_handler(self) -> Callable[..., Response | None]:
        """Errors in the protocol's form."""
        return errors.handle

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        """Adds the RateLimit headers; nothing that is told here is kept by caches."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        throttling.add_headers(request, answer)
        answer.headers.setdefault("Cache-Control", "private, no-store")
        return answer

    def parameters(self, model: Any) -> ResponseParameters[Any]:
        """Which attributes the caller wants. Raises ValidationError."""
        query = self.request.query_params
        wanted = {name: query[name] for name in ("attributes", "excludedAttributes") if query.get(name)}
        return ResponseParameters[model].model_validate(wanted)

    def search(self, model: Any) -> SearchRequest[Any]:
        """What the caller searches for, in the query or in the body. Raises ValidationError or InvalidFilterException."""
        if self.request.method == "POST":
            wanted, context = self.request.data, Context.SEARCH_REQUEST
        else:
            query, context = self.request.query_params, None
            wanted = {name: query[name] for name in _SEARCH if query.get(name)}
        text = (
            next((value for name, value in wanted.items() if name.lower() == "filter"), "")
            if isinstance(wanted, dict)
            else ""
        )
        filters.check_text(str(text))
        return SearchRequest[model].model_validate(wanted, scim_ctx=context)

    def page(self, model: Any, rows: Any, search: SearchRequest[Any], shape: Callable[[Any], list[Any]]) -> Response:
        """One page of `rows`: two queries and what `shape` asks."""
        start = max(search.start_index or 1, 1)
        count = PAGE if search.count is None else min(max(search.count, 0), MAX_RESULTS)
        total = rows.count()
        # What lies beyond the end is not asked for, however far beyond.
        found = shape(rows[start - 1 : start - 1 + count]) if count and start <= total else []
        answer = ListResponse[model](
            total_results=total, start_index=start, items_per_page=len(found), resources=found or None
        )
        return Response(answer.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=search))

    def one(self, resource: Any, context: Context, status: int = 200) -> Response:
        """One resource with its entity tag; 304 for a caller that has this version already."""
        version = resource.meta.version
        headers = {"ETag": version, "Location": resource.meta.location}
        known = _tags(self.request.META.get("HTTP_IF_NONE_MATCH", ""))
        if self.request.method == "GET" and ("*" in known or _opaque(version) in known):
            return Response(status=304, headers=headers)
        wanted = self.parameters(type(resource))
        return Response(
            resource.model_dump(scim_ctx=context, response_parameters=wanted), status=status, headers=headers
        )

    def expected(self) -> Callable[[int], bool] | None:
        """Whether a version is one that the caller's If-Match names; None without that header."""
        header = self.request.META.get("HTTP_IF_MATCH", "")
        if not header:
            return None
        known = _tags(header)
        return lambda version: "*" in known or _opaque(mapping.etag(version)) in known


def uid_of(text: str) -> uuid.UUID:
    """The id in an address. Raises Http404 for what cannot be one."""
    try:
        found = uuid.UUID(text)
    except ValueError:
        raise Http404 from None
    if str(found) != text.lower():
        raise Http404
    return found


def _tags(header: str) -> set[str]:
    """The entity tags in a header, compared weakly: without the mark of a weak one."""
    return {_opaque(tag) for tag in re.findall(r'(?:W/)?"[^"]*"|\*', header)}


def _opaque(tag: str) -> str:
    return tag.removeprefix("W/")
