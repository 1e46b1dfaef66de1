"""A person's own settings: the profile."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from hub.context import actor_of
from hub.forms.account import ProfileForm
from hub.services import accounts
from hub.views.personal import personal, signed_in


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def profile(request: HttpRequest) -> HttpResponse:
    """Show and change how the person is called; lead to the address."""
    user = signed_in(request)
    data = request.POST if request.method == "POST" else None
    form = ProfileForm(data, initial={"display_name": user.get_full_name()})
    if form.is_valid():
        accounts.update(by=actor_of(request), display_name=form.cleaned_data["display_name"])
        messages.success(request, _("Saved."))
        return redirect("account_settings")
    return render(request, "hub/profile.html", {"form": form}, status=422 if form.errors else 200)
