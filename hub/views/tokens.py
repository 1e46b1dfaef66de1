"""A person's API tokens. A token's secret is in one response only: the one to the form that made it."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from hub import keyset
from hub.context import actor_of
from hub.forms.tokens import TokenForm
from hub.models import ApiToken
from hub.services import tokens as services
from hub.views.personal import page_of, personal, reauthenticated, signed_in

NEWEST = keyset.Order("tokens", ("-created_at", "-id"))


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@reauthenticated
def tokens(request: HttpRequest) -> HttpResponse:
    """List tokens, and make one."""
    form = TokenForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        return _make(request, form)
    listed = page_of(request, ApiToken.objects.filter(user=signed_in(request)), NEWEST)
    return render(request, "hub/token_list.html", {"form": form, "listed": listed}, status=422 if form.errors else 200)


@sensitive_variables("made", "context")
def _make(request: HttpRequest, form: TokenForm) -> HttpResponse:
    wanted = form.cleaned_data
    made = services.create(
        by=actor_of(request), name=wanted["name"], scopes=wanted["scopes"], expires_at=form.expires_at()
    )
    context = {
        "token": made.token,
        "secret": made.secret,
        "environment": _environment(made.secret),
        "assistant": settings.DEFAULT_ASSISTANT,
    }
    return render(request, "hub/token_created.html", context)


@sensitive_variables("secret")
def _environment(secret: str) -> str:
    """What a person sets for Continue's command line, as a shell and a `.env` file both take it."""
    variables = {
        "CONTINUE_API_BASE": f"{settings.BASE_URL}/",  # without the slash, the client drops the last part of a path
        "CONTINUE_API_KEY": secret,
        "CONTINUE_CLI_AUTO_UPDATED": "1",  # later versions talk to no hub
    }
    return "\n".join(f"export {name}={value}" for name, value in variables.items())


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    """Ask, and then end a token."""
    token = get_object_or_404(ApiToken, id=token_id, user=signed_in(request))
    if request.method != "POST":
        context = {
            "title": _("Revoke “%(name)s”?") % {"name": token.name},
            "body": _("Whatever uses this token is refused from now on. This cannot be taken back."),
            "submit": _("Revoke it"),
            "cancel_url": reverse("tokens"),
        }
        return render(request, "ui/confirm_page.html", context)
    if services.revoke(by=actor_of(request), token=token):
        messages.success(request, _("“%(name)s” is revoked.") % {"name": token.name})
    else:
        messages.info(request, _("“%(name)s” had been revoked before.") % {"name": token.name})
    return redirect("tokens")
