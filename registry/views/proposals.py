"""Making and changing proposals. Their pages to read are in `hub.pages`, which also knows the assistants."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from hub.actors import Actor
from hub.context import actor_of
from hub.domain.decisions import Decision, Denied, PermissionRefused
from registry import policies, proposal_lookups
from registry.domain import merging
from registry.forms.proposals import (
    CloseForm,
    MergeForm,
    ProposalEditForm,
    ProposalForm,
    RulesForm,
    proposal_refusals_on,
)
from registry.kinds import KINDS
from registry.models import Package, Proposal, ProposalState
from registry.services import proposal_checks, proposal_events, proposal_reviews, proposals
from registry.services.packages import PackageGone
from registry.views.access import for_managers, package_to_change
from registry.views.forms import posted
from registry.views.publishing import from_latest

type View = Callable[..., HttpResponse]
type Policy = Callable[[Actor, Proposal], Decision]
REFUSED = (PermissionRefused, PackageGone, proposals.WrongState)


def for_proposal(policy: Policy) -> Callable[[View], View]:
    """Signs in first, then hands the view the proposal, which `policy` lets the person change, in place of its three names."""

    def decorate(view: View) -> View:
        @wraps(view)
        def handle(request: HttpRequest, namespace: str, name: str, number: int, **rest: Any) -> HttpResponse:
            actor = actor_of(request)
            found = proposal_lookups.proposal(actor, namespace, name, number)
            decision = policy(actor, found)
            if isinstance(decision, Denied):
                raise PermissionDenied(decision.reason)
            return view(request, found, **rest)

        return never_cache(login_required(handle))

    return decorate


def address(found: Proposal, route: str = "proposal", *more: object) -> str:
    """The address of a page about a proposal."""
    return reverse(route, args=[found.package.namespace.slug, found.package.name, found.number, *more])


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    """Propose a change, starting from the latest release's texts."""
    package = package_to_change(request, namespace, name, policies.may_propose)
    form = ProposalForm(posted(request), initial=from_latest(package))
    if form.is_valid():
        said = form.cleaned_data
        with proposal_refusals_on(form):
            made = proposals.create(
                by=actor_of(request),
                package=package,
                title=said["title"],
                message=said["message"],
                content=form.content(),
                state=ProposalState.DRAFT if said["draft"] else ProposalState.OPEN,
            )
            messages.success(request, _("Proposed.") if made.is_open else _("Kept as a draft."))
            return redirect(address(made))
    context = {"form": form, "package": package, "kind": KINDS[package.kind]}
    return render(request, "registry/proposal_form.html", context, status=422 if form.is_bound else 200)


@for_proposal(policies.may_revise)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, found: Proposal) -> HttpResponse:
    """Change what is asked for. With `?onto=latest` the texts are merged with the latest release, conflicts between markers."""
    initial, conflicts = _texts(request, found)
    form = ProposalEditForm(posted(request), initial=initial)
    if form.is_valid():
        by, said = actor_of(request), form.cleaned_data
        with proposal_refusals_on(form):
            proposals.revise(by=by, proposal=found, content=form.content(), base=said["base"] or None)
            if (said["title"], said["message"]) != (found.title, found.message):
                proposals.describe(by=by, proposal=found, title=said["title"], message=said["message"])
            messages.success(request, _("Saved."))
            return redirect(address(found))
    context = {
        "form": form,
        "package": found.package,
        "kind": KINDS[found.package.kind],
        "proposal": found,
        "onto": initial["base"] if request.GET.get("onto") == "latest" else "",
        "conflicts": conflicts,
    }
    return render(request, "registry/proposal_form.html", context, status=422 if form.is_bound else 200)


def _texts(request: HttpRequest, found: Proposal) -> tuple[dict[str, str], int]:
    """What the editor starts with, and how many conflicts are in it."""
    current = proposals.current_of(found)
    texts = {file: getattr(current, file) for file in proposals.FILES}
    base = current.base
    if request.GET.get("onto") == "latest":
        merged = proposals.onto_latest(proposal=found)
        texts = {file: one.text for file, one in merged.items()}
        base = found.package.latest_release
    more = {"title": found.title, "message": found.message, "version": current.version}
    conflicts = sum(merging.open_conflicts(text) for text in texts.values())
    return texts | more | {"base": base.version if base else ""}, conflicts


@for_proposal(policies.may_revise)
@require_POST
def open_up(request: HttpRequest, found: Proposal) -> HttpResponse:
    """Show a draft to the others."""
    return _done(request, found, lambda by: proposals.open_up(by=by, proposal=found), _("It is open now."))


@for_proposal(policies.may_close)
@require_POST
def reopen(request: HttpRequest, found: Proposal) -> HttpResponse:
    """Take the closing back."""
    return _done(request, found, lambda by: proposals.reopen(by=by, proposal=found), _("It is open again."))


@for_proposal(policies.may_discuss)
@require_POST
def follow(request: HttpRequest, found: Proposal) -> HttpResponse:
    """Hear of the proposal, or (`muted`) hear no more of it."""
    if request.POST.get("muted"):
        said = _("You hear no more of this proposal.")
        return _done(request, found, lambda by: proposal_events.mute(by=by, proposal=found), said)
    said = _("You hear of this proposal.")
    return _done(request, found, lambda by: proposal_events.follow(by=by, proposal=found), said)


@for_proposal(policies.may_close)
@require_http_methods(["GET", "HEAD", "POST"])
def close(request: HttpRequest, found: Proposal) -> HttpResponse:
    """Ask, and then end a proposal without merging it."""
    form = CloseForm(posted(request))
    if form.is_valid():
        with proposal_refusals_on(form):
            successor = form.cleaned_data["superseded_by"]
            proposals.close(by=actor_of(request), proposal=found, superseded_by=successor)
            messages.success(request, _("Closed."))
            return redirect(address(found))
    context = {
        "title": _("Close %(proposal)s?") % {"proposal": found},
        "body": _("Nothing is published. What was said stays, and it can be opened again."),
        "form": form,
        "submit": _("Close the proposal"),
        "cancel_url": address(found),
    }
    return render(request, "ui/confirm_page.html", context, status=422 if form.is_bound else 200)


@for_proposal(policies.may_merge)
@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: HttpRequest, found: Proposal) -> HttpResponse:
    """Show once more what would be published, and then publish it."""
    current = proposals.current_of(found)
    form = MergeForm(posted(request), initial={"revision": current.number})
    if form.is_valid():
        with proposal_refusals_on(form):
            release = proposals.merge(by=actor_of(request), proposal=found, revision=form.cleaned_data["revision"])
            messages.success(request, _("Merged, and published as %(release)s.") % {"release": release})
            return redirect(address(found))
    context = {
        "form": form,
        "package": found.package,
        "proposal": found,
        "revision": current,
        "changes": proposal_lookups.changes(current),
        "checks": proposal_checks.of(current),
        "tally": proposal_reviews.standing(proposal=found),
    }
    return render(request, "registry/proposal_merge.html", context, status=422 if form.is_bound else 200)


@never_cache
@for_managers
@require_http_methods(["GET", "HEAD", "POST"])
def rules(request: HttpRequest, package: Package) -> HttpResponse:
    """How many approvals proposals need."""
    form = RulesForm(posted(request), initial={"required_approvals": package.required_approvals})
    if form.is_valid():
        with proposal_refusals_on(form):
            count = form.cleaned_data["required_approvals"]
            proposals.set_required_approvals(by=actor_of(request), package=package, count=count)
            messages.success(request, _("Saved."))
            return redirect("proposal-rules", package.namespace.slug, package.name)
    context = {"form": form, "package": package, "tab": "proposals"}
    return render(request, "registry/proposal_rules.html", context, status=422 if form.is_bound else 200)


def _done(request: HttpRequest, found: Proposal, deed: Callable[[Actor], None], said: str) -> HttpResponse:
    try:
        deed(actor_of(request))
    except REFUSED as error:
        messages.error(request, str(error))
    else:
        messages.success(request, said)
    return redirect(address(found))
