"""Users and groups of an organization's directory, and what the protocol says of itself."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from scim2_models import Context, ListResponse, NotImplementedException, ResourceType, Schema

from hub.domain.scim import Group, Person
from hub.models import ScimGroup, ScimUser
from hub.scim import filters, mapping, patches, resources
from hub.scim.base import ScimView, uid_of
from hub.services import scim, scim_groups


class UsersView(ScimView):
    """The people of the directory."""

    def get(self, request: Request, slug: str) -> Response:
        """Search people."""
        return self.searched()

    def searched(self) -> Response:
        """The page that the caller searches for."""
        search = self.search(resources.User)
        rows = self.rows().filter(filters.condition(search.filter, filters.USERS))
        rows = rows.order_by(*filters.order(search, filters.USERS))
        wanted = _wants(search, "groups")
        return self.page(resources.User, rows, search, lambda page: mapping.users(page, with_groups=wanted))

    def post(self, request: Request, slug: str) -> Response:
        """Add a person."""
        sent = resources.User.model_validate(request.data, scim_ctx=Context.RESOURCE_CREATION_REQUEST)
        row = scim.create_user(by=self.actor, organization=self.organization, person=mapping.person(sent))
        return self.shown(row, Context.RESOURCE_CREATION_RESPONSE, status.HTTP_201_CREATED)

    def rows(self) -> Any:
        """Everybody who has not been deleted."""
        rows = ScimUser.objects.present().filter(organization=self.organization)
        return rows.select_related("organization__namespace")

    def shown(self, row: ScimUser, context: Context, code: int = 200) -> Response:
        """One person."""
        return self.one(mapping.users([row], with_groups=True)[0], context, code)


class UserSearchView(UsersView):
    """A search that does not fit into an address."""

    http_method_names = ("post", "options")

    def post(self, request: Request, slug: str) -> Response:
        """Search people."""
        return self.searched()


class UserView(UsersView):
    """One person of the directory."""

    http_method_names = ("get", "head", "put", "patch", "delete", "options")

    def get(self, request: Request, slug: str, uid: str = "") -> Response:
        """Show a person."""
        row = get_object_or_404(self.rows(), uid=uid_of(uid))
        return self.shown(row, Context.RESOURCE_QUERY_RESPONSE)

    def put(self, request: Request, slug: str, uid: str) -> Response:
        """Say all of a person anew."""
        sent = resources.User.model_validate(request.data, scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST)

        def change(row: ScimUser) -> Person:
            return mapping.person(sent, was_active=row.active)

        return self.shown(self.changed(uid, change), Context.RESOURCE_REPLACEMENT_RESPONSE)

    def patch(self, request: Request, slug: str, uid: str) -> Response:
        """Change a part of what is known of a person."""
        row = self.changed(uid, lambda row: patches.of_user(row, request.data))
        return self.shown(row, Context.RESOURCE_PATCH_RESPONSE)

    def delete(self, request: Request, slug: str, uid: str) -> Response:
        """Take a person out of the directory and the organization."""
        scim.delete_user(by=self.actor, organization=self.organization, uid=uid_of(uid), expected=self.expected())
        return Response(status=status.HTTP_204_NO_CONTENT)

    def changed(self, uid: str, change: Any) -> ScimUser:
        """The person after `change`."""
        return scim.change_user(
            by=self.actor, organization=self.organization, uid=uid_of(uid), change=change, expected=self.expected()
        )


class GroupsView(ScimView):
    """The groups of the directory."""

    def get(self, request: Request, slug: str) -> Response:
        """Search groups."""
        return self.searched()

    def searched(self) -> Response:
        """The page that the caller searches for."""
        search = self.search(resources.Group)
        rows = self.rows().filter(filters.condition(search.filter, filters.GROUPS))
        rows = rows.order_by(*filters.order(search, filters.GROUPS))
        wanted = _wants(search, "members")
        return self.page(resources.Group, rows, search, lambda page: mapping.groups(page, with_members=wanted))

    def post(self, request: Request, slug: str) -> Response:
        """Add a group."""
        sent = resources.Group.model_validate(request.data, scim_ctx=Context.RESOURCE_CREATION_REQUEST)
        row = scim_groups.create_group(by=self.actor, organization=self.organization, group=mapping.group(sent))
        return self.shown(row, Context.RESOURCE_CREATION_RESPONSE, status.HTTP_201_CREATED)

    def rows(self) -> Any:
        """All groups."""
        return ScimGroup.objects.filter(organization=self.organization).select_related("organization__namespace")

    def shown(self, row: ScimGroup, context: Context, code: int = 200) -> Response:
        """One group; its members only if they are wanted."""
        wanted = _wants(self.parameters(resources.Group), "members")
        return self.one(mapping.groups([row], with_members=wanted)[0], context, code)


class GroupSearchView(GroupsView):
    """A search that does not fit into an address."""

    http_method_names = ("post", "options")

    def post(self, request: Request, slug: str) -> Response:
        """Search groups."""
        return self.searched()


class GroupView(GroupsView):
    """One group of the directory."""

    http_method_names = ("get", "head", "put", "patch", "delete", "options")

    def get(self, request: Request, slug: str, uid: str = "") -> Response:
        """Show a group."""
        row = get_object_or_404(self.rows(), uid=uid_of(uid))
        return self.shown(row, Context.RESOURCE_QUERY_RESPONSE)

    def put(self, request: Request, slug: str, uid: str) -> Response:
        """Say all of a group anew."""
        sent = resources.Group.model_validate(request.data, scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST)

        def change(row: ScimGroup, members: frozenset[str]) -> Group:
            return mapping.group(sent)

        return self.shown(self.changed(uid, change), Context.RESOURCE_REPLACEMENT_RESPONSE)

    def patch(self, request: Request, slug: str, uid: str) -> Response:
        """Change a part of a group: its names, who is in it."""
        row = self.changed(uid, lambda row, members: patches.of_group(row, members, request.data))
        return self.shown(row, Context.RESOURCE_PATCH_RESPONSE)

    def delete(self, request: Request, slug: str, uid: str) -> Response:
        """Forget a group."""
        scim_groups.delete_group(
            by=self.actor, organization=self.organization, uid=uid_of(uid), expected=self.expected()
        )
        return Response(status=status.HTTP_204_NO_CONTENT)

    def changed(self, uid: str, change: Any) -> ScimGroup:
        """The group after `change`."""
        return scim_groups.change_group(
            by=self.actor, organization=self.organization, uid=uid_of(uid), change=change, expected=self.expected()
        )


class ConfigView(ScimView):
    """What of the protocol the hub does."""

    def get(self, request: Request, slug: str) -> Response:
        """Show the configuration."""
        return self.described(resources.CONFIG, "ServiceProviderConfig", "")

    def described(self, resource: Any, kind: str, name: str) -> Response:
        """A description with its address."""
        return Response(_with_meta(self, resource, kind, name))


class DescriptionsView(ConfigView):
    """The resource types, or the schemas, that the hub knows."""

    kind: type[Any] = ResourceType

    def get(self, request: Request, slug: str, name: str | None = None) -> Response:
        """List all, or show one."""
        known = resources.PROVIDER.resource_types if self.kind is ResourceType else resources.PROVIDER.schemas
        label = self.kind.__name__
        if name is not None:
            found = next((one for one in known if str(one.id).lower() == name.lower()), None)
            if found is None:
                raise Http404
            return self.described(found, label, str(found.id))
        if request.query_params.get("filter"):
            self.permission_denied(request, "Descriptions are not filtered.")
        bodies = [_with_meta(self, one, label, str(one.id)) for one in known]
        answer = ListResponse[self.kind](total_results=len(bodies), start_index=1, items_per_page=len(bodies))  # type: ignore[name-defined]  # the library's way to name a list's type
        return Response({**answer.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE), "Resources": bodies})


class SchemasView(DescriptionsView):
    """The schemas that the hub knows."""

    kind = Schema


class OmittedView(ScimView):
    """What the standard leaves to the provider, and the hub does not do: many changes at once, oneself, all kinds at once."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Says so to whoever may ask."""
        super().initial(request, *args, **kwargs)
        raise NotImplementedException(detail="The hub does not do this. /ServiceProviderConfig says what it does.")


class NothingView(ScimView):
    """Any other address."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """There is nothing here, for whoever may ask."""
        super().initial(request, *args, **kwargs)
        raise Http404


def _wants(parameters: Any, attribute: str) -> bool:
    """Whether the caller wants an attribute that takes a query."""
    if parameters.attributes:
        return any(_head(path) == attribute for path in parameters.attributes)
    return not any(
        _head(path) == attribute and "." not in str(path).rpartition(":")[2]
        for path in parameters.excluded_attributes or ()
    )


def _head(path: Any) -> str:
    return str(path).rpartition(":")[2].partition(".")[0].lower()


def _with_meta(view: ScimView, resource: Any, kind: str, name: str) -> dict[str, Any]:
    plural = kind if kind == "ServiceProviderConfig" else f"{kind}s"
    location = mapping.address(view.organization, f"/{plural}" + (f"/{name}" if name else ""))
    body: dict[str, Any] = resource.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE)
    return {**body, "meta": {"resourceType": kind, "location": location}}
