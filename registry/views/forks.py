"""Forking."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from hub.context import actor_of
from registry import lookups
from registry.forms.forks import ForkForm
from registry.forms.refusals import refusals_on
from registry.services import forks
from registry.views.forms import posted


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def fork(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    """Copy the latest release of a package into a new one that remembers where it comes from."""
    actor = actor_of(request)
    upstream = lookups.package(actor, namespace, name)
    form = ForkForm(posted(request), actor=actor, initial={"name": upstream.name, "namespace": actor.label})
    if form.is_valid():
        try:
            with refusals_on(form):
                package = forks.fork(by=actor, upstream=upstream, **form.cleaned_data)
                messages.success(
                    request, _("Forked %(upstream)s as %(package)s.") % {"upstream": upstream, "package": package}
                )
                return redirect("package", package.namespace.slug, package.name)
        except forks.NothingToFork as error:
            form.add_error(None, str(error))
    context = {"form": form, "package": upstream}
    return render(request, "registry/fork.html", context, status=422 if form.is_bound else 200)
