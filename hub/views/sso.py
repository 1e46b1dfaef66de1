"""Signing in through an organization's own provider."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from urllib.parse import urlencode

from allauth.account.utils import perform_login
from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hub import sso_state
from hub.context import actor_of
from hub.domain import slugs
from hub.domain.decisions import PermissionRefused
from hub.domain.identities import Identity
from hub.forms.sso import OrganizationNameForm
from hub.models import SsoConnection, SsoProtocol, User
from hub.services import sso as services
from hub.sso import oidc, saml
from hub.sso.errors import Failed
from hub.views.personal import personal, reauthenticated, signed_in

# By address, so wide enough for an office behind one; an answer arrives twice (see `assertion`).
RATES = {"sso_start": "60/m/ip", "sso_answer": "120/m/ip"}
KEPT_STARTS = 5
LIFE = 15 * 60  # seconds for coming back from the provider, and for agreeing to what it said
_STARTS = "hub.sso-starts"
_IDENTITY = "hub.sso-identity"


@require_safe
@never_cache
def ask(request: HttpRequest) -> HttpResponse:
    """Ask whose provider to go through."""
    onward = _onward(request)
    asked = request.GET if "organization" in request.GET else None
    form = OrganizationNameForm(asked)
    if form.is_valid():
        slug = slugs.normalize(form.cleaned_data["organization"])
        query = urlencode({"next": onward}) if onward else ""
        return _leave(request, reverse("sso-start", args=[slug]) + (f"?{query}" if query else ""))
    return render(request, "hub/sso_ask.html", {"form": form, "next": onward}, status=422 if form.errors else 200)


@require_safe
@never_cache
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """Go to the organization's provider. Whether there is no such organization or no provider is one answer."""
    if not _counted(request, "sso_start"):
        return _failed(request, _("Too many attempts. Wait a minute."), 429)
    connection = services.enabled(slugs.normalize(slug))
    if connection is None:
        return _failed(request, _("There is no single sign-on under this name."), 404)
    return begin(request, connection, onward=_onward(request), is_test=False)


def begin(request: HttpRequest, connection: SsoConnection, *, onward: str, is_test: bool) -> HttpResponse:
    """Send the person to the provider, and remember what must fit when they come back."""
    try:
        url, name, held = _started(connection)
    except Failed as error:
        services.failed(by=actor_of(request), connection=connection, reason=str(error))
        return _failed(request, str(error) if is_test else _unreachable(), 502)
    kept = dict(list(request.session.get(_STARTS, {}).items())[-KEPT_STARTS + 1 :])
    kept[name] = {
        "key": connection.key,
        "held": held,
        "next": onward,
        "is_test": is_test,
        "user": request.user.pk,
        "until": time.time() + LIFE,
    }
    request.session[_STARTS] = kept
    return _leave(request, url) if request.method == "POST" else redirect(url)


@require_safe
@never_cache
@sensitive_variables()
def callback(request: HttpRequest, key: str) -> HttpResponse:
    """The person is back from an OpenID Connect provider."""

    def identity(connection: SsoConnection, held: dict[str, str]) -> Identity:
        if "error" in request.GET:
            raise Failed(f"The provider refused: {request.GET['error'][:60]}.")
        # RFC 9207: who names itself must be who was asked.
        if request.GET.get("iss", connection.issuer) != connection.issuer:
            raise Failed("The answer is another provider's.")
        return oidc.finish(connection, redirect_uri(connection), request.GET.get("code", ""), **held)

    return _come_back(request, key, SsoProtocol.OIDC, request.GET.get("state", ""), identity)


# The provider's page posts here, so there is no token of ours; what counts is that this browser asked for the answer.
@csrf_exempt
@require_POST
@never_cache
@sensitive_variables()
def assertion(request: HttpRequest, key: str) -> HttpResponse:
    """The person is back from a SAML provider.

    Browsers keep the session's cookie from what another site's page posts. So what is posted there is handed back once, for
    the browser to post again from a page of ours.
    """
    if not _counted(request, "sso_answer"):
        return _failed(request, _("Too many attempts. Wait a minute."), 429)
    response = request.POST.get("SAMLResponse", "")
    name = saml.answers(response)
    if name and "again" not in request.POST and name not in request.session.get(_STARTS, {}):
        return render(request, "hub/sso_pass_on.html", {"response": response})

    def identity(connection: SsoConnection, held: dict[str, str]) -> Identity:
        return saml.finish(connection, response, **held)

    return _come_back(request, key, SsoProtocol.SAML, name, identity)


@require_safe
def metadata(request: HttpRequest, key: str) -> HttpResponse:
    """What a SAML provider has to know of the hub. Nothing in it is secret, and its address cannot be guessed."""
    rows = SsoConnection.objects.filter(organization__deleted_at=None, protocol=SsoProtocol.SAML)
    connection = get_object_or_404(rows, key=key)
    return HttpResponse(saml.metadata(connection), content_type="application/samlmetadata+xml")


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@reauthenticated
def connect(request: HttpRequest) -> HttpResponse:
    """Show which identity came back, and let it stand for the person who agrees."""
    kept = request.session.get(_IDENTITY)
    if kept is None or kept["until"] < time.time():
        return _failed(request, _("There is nothing to connect. Begin at the organization's single sign-on."), 404)
    connection = get_object_or_404(
        SsoConnection.objects.select_related("organization__namespace"), key=kept["key"], is_enabled=True
    )
    identity = Identity(**{**kept["identity"], "groups": frozenset(kept["identity"]["groups"])})
    if request.method != "POST":
        context = {"connection": connection, "organization": connection.organization, "identity": identity}
        return render(request, "hub/sso_connect.html", context)
    by = actor_of(request)
    try:
        services.connect(by=by, connection=connection, identity=identity)
        services.arrive(by=by, connection=connection, identity=identity)
    except (services.Refused, PermissionRefused) as error:
        return _failed(request, str(error), 403)
    del request.session[_IDENTITY]
    _note(request, connection)
    messages.success(request, _("%(name)s is connected with your account.") % {"name": identity.label})
    return redirect(kept["next"] or reverse("organization", args=[connection.organization.namespace.slug]))


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@reauthenticated
def disconnect(request: HttpRequest, key: str) -> HttpResponse:
    """Ask, and then undo what `connect` did."""
    connection = get_object_or_404(SsoConnection.objects.select_related("organization__namespace"), key=key)
    if not services.is_connected(connection, signed_in(request)):
        return _failed(request, _("Your account is not connected there."), 404)
    if request.method != "POST":
        context = {
            "title": _("Disconnect %(name)s?") % {"name": connection.organization.name},
            "body": _("Its single sign-on no longer signs you in, and what it proved ends at once."),
            "submit": _("Disconnect"),
            "cancel_url": reverse("security"),
        }
        return render(request, "ui/confirm_page.html", context)
    services.disconnect(by=actor_of(request), connection=connection)
    messages.success(request, _("Disconnected."))
    return redirect("security")


def redirect_uri(connection: SsoConnection) -> str:
    """Where the provider sends people back to."""
    return f"{settings.BASE_URL}{reverse('sso-callback', args=[connection.key])}"


def _started(connection: SsoConnection) -> tuple[str, str, dict[str, str]]:
    """Where to send the person, what the answer will name, and what has to be held against it. Raises Failed."""
    if connection.protocol == SsoProtocol.SAML:
        asked = saml.start(connection)
        return asked.url, asked.request_id, {"request_id": asked.request_id}
    started = oidc.start(connection, redirect_uri(connection))
    return started.url, started.state, {"nonce": started.nonce, "verifier": started.verifier}


def _come_back(
    request: HttpRequest,
    key: str,
    protocol: SsoProtocol,
    name: str,
    identity_of: Callable[[SsoConnection, dict[str, str]], Identity],
) -> HttpResponse:
    """Go on with the sign-in that `name` stands for. It counts once, in the browser that began it alone."""
    kept = request.session.get(_STARTS, {})
    begun = kept.pop(name, None)
    if begun is not None:
        request.session[_STARTS] = kept
    if begun is None or begun["key"] != key or begun["until"] < time.time() or begun["user"] != request.user.pk:
        return _failed(request, _("This sign-in began in another browser, or too long ago. Begin again."), 400)
    rows = SsoConnection.objects.select_related("organization__namespace").filter(organization__deleted_at=None)
    connection = rows.filter(key=key, protocol=protocol).first()
    if connection is None or not (connection.is_enabled or begun["is_test"]):
        return _failed(request, _("This single sign-on is switched off."), 404)
    by = actor_of(request)
    try:
        identity = identity_of(connection, begun["held"])
    except Failed as error:
        services.failed(by=by, connection=connection, reason=str(error))
        return _failed(request, str(error) if begun["is_test"] else _unreachable(), 502)
    if begun["is_test"]:
        services.tested(by=by, connection=connection, identity=identity)
        count = len(identity.groups)
        message = ngettext(
            "It works: the provider says that you are %(name)s, in %(count)d group.",
            "It works: the provider says that you are %(name)s, in %(count)d groups.",
            count,
        )
        messages.success(request, message % {"name": identity.label, "count": count})
        return redirect("organization-sso", connection.organization.namespace.slug)
    if request.user.is_authenticated:
        return _step_up(request, connection, identity, begun["next"])
    return _sign_in(request, connection, identity, begun["next"])


def _counted(request: HttpRequest, action: str) -> bool:
    """Whether the request is within its rate. A sign-in begins by GET, which is not counted unless one says so."""
    return ratelimit.consume(request, app="hub", action=action, config=RATES, limit_get=True) is not None


def _leave(request: HttpRequest, url: str) -> HttpResponse:
    """Go elsewhere after a form. Browsers hold redirects of a form to the addresses that our pages may post to."""
    return render(request, "hub/sso_leaving.html", {"url": url})


def _step_up(request: HttpRequest, connection: SsoConnection, identity: Identity, onward: str) -> HttpResponse:
    """Somebody who is signed in has passed the provider as well."""
    owner = services.owner_of(connection, identity)
    if owner is None:
        _keep(request, connection, identity, onward)
        return redirect("sso-connect")
    if owner != request.user:
        return _failed(request, _("This identity is connected with another account here. Sign out first."), 403)
    try:
        services.arrive(by=actor_of(request), connection=connection, identity=identity)
    except services.Refused as error:
        return _failed(request, str(error), 403)
    _note(request, connection)
    return redirect(onward or reverse("organization", args=[connection.organization.namespace.slug]))


def _sign_in(request: HttpRequest, connection: SsoConnection, identity: Identity, onward: str) -> HttpResponse:
    try:
        user: User = services.arrive(by=actor_of(request), connection=connection, identity=identity)
    except services.Unknown:
        _keep(request, connection, identity, onward)
        messages.info(
            request,
            _("There is an account with your address here. Sign in to it once, and connect it with this identity."),
        )
        return redirect(f"{reverse('account_login')}?{urlencode({'next': reverse('sso-connect')})}")
    except services.Refused as error:
        return _failed(request, str(error), 403)
    organization, seconds = connection.organization, connection.session_hours * 3600
    sso_state.note_on_sign_in(request.session, organization.id, user_id=user.pk, seconds=seconds)
    onward = onward or reverse("organization", args=[organization.namespace.slug])
    # The provider has vouched for the person; whoever has a second factor here still shows it.
    return perform_login(request, user, email_verification="none", redirect_url=onward)


def _note(request: HttpRequest, connection: SsoConnection) -> None:
    seconds = connection.session_hours * 3600
    sso_state.note(request.session, connection.organization_id, seconds=seconds, began_session=False)


def _keep(request: HttpRequest, connection: SsoConnection, identity: Identity, onward: str) -> None:
    """Remember who came back until the person has signed in and agreed."""
    plain = {**asdict(identity), "groups": sorted(identity.groups)}
    request.session[_IDENTITY] = {
        "key": connection.key,
        "identity": plain,
        "next": onward,
        "until": time.time() + LIFE,
    }


def _onward(request: HttpRequest) -> str:
    asked = request.GET.get("next", "")
    return asked if url_has_allowed_host_and_scheme(asked, allowed_hosts=None) else ""


def _failed(request: HttpRequest, reason: str, status: int) -> HttpResponse:
    return render(request, "hub/sso_failed.html", {"reason": reason}, status=status)


def _unreachable() -> str:
    return _("The organization's provider did not sign you in. Its admins see why under Single sign-on.")
