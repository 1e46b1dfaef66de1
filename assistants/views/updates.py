"""How an assistant follows what it uses, for those who manage it."""

from __future__ import annotations

from dataclasses import asdict

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from assistants.forms.updates import UpdatesForm
from assistants.models import UpdateState
from assistants.services import update_proposals
from assistants.services import updates as services
from hub.context import actor_of
from registry.forms.refusals import refusals_on
from registry.models import Package
from registry.views.access import for_managers
from registry.views.forms import posted


@never_cache
@for_managers
@require_http_methods(["GET", "HEAD", "POST"])
def updates(request: HttpRequest, package: Package) -> HttpResponse:
    """Show and change the settings, and say where the assistant stands."""
    if package.kind != "assistant":
        raise Http404
    form = UpdatesForm(posted(request), initial=asdict(services.settings_of(package)))
    if form.is_valid() and _saved(request, package, form):
        return redirect("package-updates", package.namespace.slug, package.name)
    context = {
        "form": form,
        "package": package,
        "tab": "updates",
        "state": UpdateState.objects.filter(package=package).first(),
        "update": update_proposals.under_way(package),
    }
    return render(request, "assistants/updates.html", context, status=422 if form.is_bound else 200)


def _saved(request: HttpRequest, package: Package, form: UpdatesForm) -> bool:
    try:
        with refusals_on(form):
            services.configure(by=actor_of(request), package=package, settings=form.settings())
            messages.success(request, _("Saved. The assistant is looked at within a minute."))
            return True
    except services.InvalidSettings as error:
        form.add_error(None, str(error))
    return False
