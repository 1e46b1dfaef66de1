"""An organization's single sign-on, for those who manage its security."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from hub.context import actor_of
from hub.domain import identities
from hub.domain.decisions import PermissionRefused
from hub.domain.roles import Permission
from hub.forms.sso import FORMS, MappingForm, PolicyForm
from hub.models import GroupMapping, Organization, SsoConnection, SsoProtocol
from hub.policies import organizations as policies
from hub.services import group_mappings
from hub.services import sso as services
from hub.sso import saml
from hub.views import sso
from hub.views.organizations import about, roles_given_by, visible_organization
from hub.views.personal import personal, reauthenticated, require_or_403


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@reauthenticated
@sensitive_post_parameters("secret")
@sensitive_variables("form")
def organization_sso(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the connection and its state; set it up."""
    organization = _managed(request, slug)
    connection = services.of(organization)
    form = _form(request, organization, connection)
    if form.is_valid():
        try:
            services.configure(by=actor_of(request), organization=organization, setup=form.setup())
        except services.InvalidConnection as error:
            form.add_error(error.field, str(error))
        except (services.NotReady, PermissionRefused) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Saved."))
            return redirect("organization-sso", organization.namespace.slug)
    return _page(request, organization, connection, form, _mapping_form(None, request, organization))


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@reauthenticated
def test(request: HttpRequest, slug: str) -> HttpResponse:
    """Go to the provider and back, to see whether that works."""
    organization = _managed(request, slug)
    connection = services.of(organization)
    if request.method != "POST" or connection is None:
        return redirect("organization-sso", organization.namespace.slug)
    return sso.begin(request, connection, onward="", is_test=True)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@reauthenticated
def enable(request: HttpRequest, slug: str) -> HttpResponse:
    """Let people sign in through it."""
    organization = _managed(request, slug)
    return _do(request, organization, services.enable, _("People can sign in through it now."))


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@reauthenticated
def disable(request: HttpRequest, slug: str) -> HttpResponse:
    """Let nobody sign in through it."""
    organization = _managed(request, slug)
    return _do(request, organization, services.disable, _("It is switched off."))


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@reauthenticated
def delete(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask, and then forget the connection."""
    organization = _managed(request, slug)
    if request.method == "POST":
        return _do(request, organization, services.delete, _("The connection is deleted."))
    context = {
        "title": _("Delete the single sign-on of %(name)s?") % {"name": organization.name},
        "body": _("The identities of its provider are forgotten. Accounts and memberships stay."),
        "submit": _("Delete it"),
        "cancel_url": reverse("organization-sso", args=[slug]),
    }
    return render(request, "ui/confirm_page.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@reauthenticated
def add_mapping(request: HttpRequest, slug: str) -> HttpResponse:
    """Let a group of the provider, or of the directory, give a role or a team."""
    organization = _managed(request, slug)
    if request.method != "POST":
        return redirect("organization-sso", organization.namespace.slug)
    form = _mapping_form(request, request, organization)
    if form.is_valid():
        try:
            group_mappings.create(by=actor_of(request), organization=organization, **form.cleaned_data)
        except (group_mappings.InvalidMapping, group_mappings.MappingExists, PermissionRefused) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("From the next sign-in or change on, this group gives that."))
            return redirect("organization-sso", organization.namespace.slug)
    connection = services.of(organization)
    return _page(request, organization, connection, _form(None, organization, connection, request), form)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@reauthenticated
def remove_mapping(request: HttpRequest, slug: str, mapping_id: int) -> HttpResponse:
    """Ask, and then forget what a group gives."""
    organization = _managed(request, slug)
    rows = GroupMapping.objects.select_related("organization__namespace", "team")
    mapping = get_object_or_404(rows, id=mapping_id, organization=organization)
    if request.method != "POST":
        context = {
            "title": _("Remove the mapping of “%(group)s”?") % {"group": mapping.group},
            "body": _("What it gave goes with the next sign-in or change of each person."),
            "submit": _("Remove"),
            "cancel_url": reverse("organization-sso", args=[slug]),
        }
        return render(request, "ui/confirm_page.html", context)
    group_mappings.delete(by=actor_of(request), mapping=mapping)
    messages.success(request, _("Removed."))
    return redirect("organization-sso", organization.namespace.slug)


def _managed(request: HttpRequest, slug: str) -> Organization:
    organization = visible_organization(request, slug)
    require_or_403(policies.may(actor_of(request), organization, Permission.SECURITY_MANAGE))
    return organization


def _form(
    posted: HttpRequest | None,
    organization: Organization,
    connection: SsoConnection | None,
    viewer: HttpRequest | None = None,
) -> PolicyForm:
    request = posted or viewer
    assert request is not None  # noqa: S101  # one of them is given
    is_posted = posted is not None and posted.method == "POST"
    kept = connection.protocol if connection is not None else SsoProtocol.OIDC.value
    asked = (request.POST if is_posted else request.GET).get("protocol", kept)
    protocol = asked if asked in FORMS else kept
    return FORMS[protocol](
        request.POST if is_posted else None,
        roles=roles_given_by(policies.role_of(actor_of(request), organization)),
        connection=connection if connection is not None and connection.protocol == protocol else None,
        initial=services.as_setup(connection) if connection is not None else {"default_role": "member"},
    )


def _mapping_form(posted: HttpRequest | None, viewer: HttpRequest, organization: Organization) -> MappingForm:
    return MappingForm(
        posted.POST if posted is not None else None,
        organization=organization,
        roles=roles_given_by(policies.role_of(actor_of(viewer), organization)),
        auto_id="id_mapping_%s",
    )


def _addresses(connection: SsoConnection) -> list[tuple[str, str]]:
    """What to tell the provider of the hub, by what providers call it."""
    if connection.protocol == SsoProtocol.SAML:
        return [
            (_("Entity ID, which is also where the hub's metadata is"), saml.entity_id(connection)),
            (_("Assertion consumer service (ACS), by POST"), saml.acs_url(connection)),
        ]
    return [(_("Redirect address"), sso.redirect_uri(connection))]


def _do(request: HttpRequest, organization: Organization, deed: Callable[..., object], done: str) -> HttpResponse:
    if request.method == "POST":
        try:
            deed(by=actor_of(request), organization=organization)
        except (services.NotReady, services.NoConnection, PermissionRefused) as error:
            messages.error(request, str(error))
        else:
            messages.success(request, done)
    return redirect("organization-sso", organization.namespace.slug)


def _page(
    request: HttpRequest,
    organization: Organization,
    connection: SsoConnection | None,
    form: PolicyForm,
    mapping_form: MappingForm,
) -> HttpResponse:
    slug = organization.namespace.slug
    context = {
        **about(actor_of(request), organization),
        "connection": connection,
        "form": form,
        "mapping_form": mapping_form,
        "mappings": GroupMapping.objects.filter(organization=organization)
        .select_related("team")
        .order_by("group", "id"),
        "addresses": _addresses(connection) if connection is not None else [],
        "certificates": identities.fingerprints(connection.certificates) if connection is not None else [],
        "protocols": SsoProtocol.choices,
        "start_url": request.build_absolute_uri(reverse("sso-start", args=[slug])),
    }
    failed = form.errors or mapping_form.errors
    return render(request, "hub/organization_sso.html", context, status=422 if failed else 200)
