"""Carrying changes between a fork and its upstream. The page that shows how far behind a fork is stands in `hub.pages`."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from hub.context import actor_of
from registry import policies
from registry.domain.faults import ManifestInvalid
from registry.domain.versions import InvalidVersion
from registry.forms.proposals import proposal_refusals_on
from registry.forms.upstreams import MergeUpstreamForm, ProposeBackForm
from registry.models import Package
from registry.services import proposals, upstream_merges, upstreams
from registry.services.upstream_merges import Carried
from registry.views.access import package_to_change
from registry.views.forms import posted
from registry.views.proposals import REFUSED, address


@never_cache
@login_required
@require_POST
def merge(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    """Propose what changed upstream, and go to that proposal."""
    package = _fork(request, namespace, name)
    form = MergeUpstreamForm(request.POST)
    version = form.cleaned_data["version"] if form.is_valid() else ""
    try:
        carried = upstream_merges.merge(by=actor_of(request), package=package, version=version)
    except (*REFUSED, upstream_merges.NothingToCarry, InvalidVersion, proposals.TooMany) as error:
        messages.error(request, str(error))
    except ManifestInvalid as error:
        messages.error(request, str(error.faults[0]))
    else:
        return _carried(request, package, carried)
    return redirect("upstream", package.namespace.slug, package.name)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    """Ask what to say, and then propose in the upstream what the fork changed."""
    package, actor = _fork(request, namespace, name), actor_of(request)
    form = ProposeBackForm(posted(request))
    if form.is_valid():
        with proposal_refusals_on(form):
            try:
                carried = upstream_merges.propose(by=actor, package=package, **form.cleaned_data)
            except upstream_merges.NothingToCarry as error:
                form.add_error(None, str(error))
            else:
                return _carried(request, package, carried)
    context = {"form": form, "package": package, "standing": upstreams.standing(by=actor, package=package)}
    return render(request, "registry/upstream_propose.html", context, status=422 if form.is_bound else 200)


def _fork(request: HttpRequest, namespace: str, name: str) -> Package:
    """The package, if it is a fork in which changes may be proposed. Raises Http404 or PermissionDenied."""
    package = package_to_change(request, namespace, name, policies.may_propose)
    if not package.is_fork:
        raise Http404
    return package


def _carried(request: HttpRequest, package: Package, carried: Carried) -> HttpResponse:
    if carried.proposal is None:
        messages.success(request, _("This package has everything already. That is noted."))
        return redirect("upstream", package.namespace.slug, package.name)
    if not carried.is_new:
        messages.info(request, _("This proposal is under way already."))
    elif carried.conflicts:
        words = ngettext(
            "Proposed. %(count)d place has to be decided: edit the proposal.",
            "Proposed. %(count)d places have to be decided: edit the proposal.",
            carried.conflicts,
        )
        messages.warning(request, words % {"count": carried.conflicts})
    else:
        messages.success(request, _("Proposed."))
    return redirect(address(carried.proposal))
