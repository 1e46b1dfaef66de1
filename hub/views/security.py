"""How a person signs in: password, second factors, passkeys, sessions. The forms are allauth's, under /accounts/."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from hub.context import actor_of
from hub.domain.browsers import browser_name
from hub.models import User
from hub.services import sessions as services
from hub.services import sso
from hub.views.personal import personal, signed_in


@require_safe
@personal
def security(request: HttpRequest) -> HttpResponse:
    """Show what protects the account, and lead to where each is changed."""
    user = signed_in(request)
    kept = list(Authenticator.objects.filter(user=user).order_by("created_at", "id"))
    of_type = {kind: [each for each in kept if each.type == kind] for kind in Authenticator.Type}
    codes = of_type[Authenticator.Type.RECOVERY_CODES]
    context = {
        "app": next(iter(of_type[Authenticator.Type.TOTP]), None),
        "passkeys": of_type[Authenticator.Type.WEBAUTHN],
        "has_codes": bool(codes),
        "codes_left": len(codes[0].wrap().get_unused_codes()) if codes else 0,
        "must_confirm": _has_only_unconfirmed_addresses(user),
        "session_count": UserSession.objects.filter(user=user).count(),
        "identities": sso.connections_of(user),
        "session_ends": request.session.get_expiry_date(),
    }
    return render(request, "hub/security.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    """Ask, and then sign out another of the person's browsers."""
    session = get_object_or_404(
        UserSession.objects.exclude(session_key=request.session.session_key), id=session_id, user=signed_in(request)
    )
    name = browser_name(session.user_agent)
    if request.method != "POST":
        context = {
            "title": _("Sign out %(browser)s?") % {"browser": name},
            "body": _("Whoever uses it has to sign in again. Tokens go on working."),
            "submit": _("Sign it out"),
            "cancel_url": reverse("usersessions_list"),
        }
        return render(request, "ui/confirm_page.html", context)
    services.end(by=actor_of(request), sessions=[session])
    messages.success(request, _("%(browser)s is signed out.") % {"browser": name})
    return redirect("usersessions_list")


def _has_only_unconfirmed_addresses(user: User) -> bool:
    verified = list(EmailAddress.objects.filter(user=user).values_list("verified", flat=True))
    return bool(verified) and not any(verified)
