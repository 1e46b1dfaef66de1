"""Comments on proposals and reviews of them."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from hub.context import actor_of
from hub.domain.decisions import PermissionRefused
from registry import policies, proposal_lookups
from registry.forms.proposals import CommentEditForm, CommentForm, DismissForm, ReviewForm, proposal_refusals_on
from registry.models import Proposal
from registry.services import proposal_comments, proposal_reviews
from registry.views.forms import posted
from registry.views.proposals import address, for_proposal


@for_proposal(policies.may_discuss)
@require_http_methods(["GET", "HEAD", "POST"])
def comment(request: HttpRequest, found: Proposal) -> HttpResponse:
    """Comment on the proposal, or on the line that the query or the form names."""
    form = CommentForm(posted(request), initial={name: request.GET.get(name) for name in CommentForm.base_fields})
    if form.is_valid():
        with proposal_refusals_on(form):
            made = proposal_comments.add(
                by=actor_of(request), proposal=found, text=form.cleaned_data["text"], spot=form.spot()
            )
            route = "proposal-files" if made.line else "proposal"
            return redirect(f"{address(found, route)}#comment-{made.pk}")
    title = _("Comment on %(proposal)s") % {"proposal": found}
    context = {"form": form, "title": title, "submit": _("Comment"), "proposal": found, "package": found.package}
    return render(request, "registry/proposal_say.html", context, status=422 if form.is_bound else 200)


@for_proposal(policies.may_discuss)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, found: Proposal, comment_id: int) -> HttpResponse:
    """Change one's own comment."""
    said = proposal_lookups.comment(found, comment_id)
    actor = actor_of(request)
    if actor.user is None or said.author_id != actor.user.pk:
        raise PermissionDenied(_("Only its author changes a comment."))
    form = CommentEditForm(posted(request), initial={"text": said.text})
    if form.is_valid():
        with proposal_refusals_on(form):
            proposal_comments.edit(by=actor, comment=said, text=form.cleaned_data["text"])
            return redirect(f"{address(found)}#comment-{said.pk}")
    context = {"form": form, "title": _("Change your comment"), "submit": _("Save")}
    context |= {"proposal": found, "package": found.package}
    return render(request, "registry/proposal_say.html", context, status=422 if form.is_bound else 200)


@for_proposal(policies.may_discuss)
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, found: Proposal, comment_id: int) -> HttpResponse:
    """Ask, and then take a comment away."""
    said, actor = proposal_lookups.comment(found, comment_id), actor_of(request)
    mine = actor.user is not None and said.author_id == actor.user.pk
    if not mine and not policies.may_manage(actor, found.package):
        raise PermissionDenied(_("Only its author, and who manages the package, deletes a comment."))
    if request.method != "POST":
        context = {
            "title": _("Delete this comment?"),
            "body": _("It is gone for good; the audit log keeps that it was there."),
            "submit": _("Delete"),
            "cancel_url": address(found),
        }
        return render(request, "ui/confirm_page.html", context)
    try:
        proposal_comments.delete(by=actor, comment=said)
    except (proposal_comments.Gone, PermissionRefused) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Deleted."))
    return redirect(address(found))


@for_proposal(policies.may_discuss)
@require_POST
def resolve(request: HttpRequest, found: Proposal, comment_id: int) -> HttpResponse:
    """Mark a comment as dealt with, or (`undo`) take that back."""
    said = proposal_lookups.comment(found, comment_id)
    act = proposal_comments.unresolve if request.POST.get("undo") else proposal_comments.resolve
    act(by=actor_of(request), comment=said)
    route = "proposal-files" if said.line else "proposal"
    return redirect(f"{address(found, route)}#comment-{said.pk}")


@for_proposal(policies.may_review)
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, found: Proposal) -> HttpResponse:
    """Approve, or ask for changes."""
    current = found.current
    form = ReviewForm(posted(request), initial={"revision": current.number if current else None})
    if form.is_valid():
        with proposal_refusals_on(form):
            proposal_reviews.give(by=actor_of(request), proposal=found, **form.cleaned_data)
            messages.success(request, _("Thank you: your review is kept."))
            return redirect(address(found))
    title = _("Review %(proposal)s") % {"proposal": found}
    context = {"form": form, "title": title, "submit": _("Send the review"), "proposal": found}
    context |= {"package": found.package}
    return render(request, "registry/proposal_say.html", context, status=422 if form.is_bound else 200)


@for_proposal(policies.may_discuss)
@require_http_methods(["GET", "HEAD", "POST"])
def dismiss(request: HttpRequest, found: Proposal, review_id: int) -> HttpResponse:
    """Ask for a reason, and then let a review count no more."""
    given, actor = proposal_lookups.review(found, review_id), actor_of(request)
    mine = actor.user is not None and given.reviewer_id == actor.user.pk
    if not mine and not policies.may_manage(actor, found.package):
        raise PermissionDenied(_("Only its author, and who manages the package, dismisses a review."))
    form = DismissForm(posted(request))
    if form.is_valid():
        with proposal_refusals_on(form):
            proposal_reviews.dismiss(by=actor, review=given, reason=form.cleaned_data["reason"])
            messages.success(request, _("Dismissed."))
            return redirect(address(found))
    context = {
        "title": _("Dismiss the review of %(name)s?") % {"name": given.reviewer.username},
        "body": _("It counts no more. They are told, with your reason."),
        "form": form,
        "submit": _("Dismiss"),
        "cancel_url": address(found),
    }
    return render(request, "ui/confirm_page.html", context, status=422 if form.is_bound else 200)
