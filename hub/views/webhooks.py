"""Webhooks as pages: those of an organization, and with no `slug` those of the person's own namespace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from hub import keyset
from hub.context import actor_of
from hub.domain import webhooks as domain
from hub.domain.decisions import PermissionRefused
from hub.forms.webhooks import RotateWebhookForm, WebhookForm
from hub.models import Namespace, Organization, Webhook, WebhookDelivery
from hub.policies import organizations
from hub.policies import webhooks as policies
from hub.services import webhooks as services
from hub.views.organizations import about, visible_organization
from hub.views.personal import page_of, personal, reauthenticated, require_or_403, signed_in

IN_ORDER = keyset.Order("webhooks", ("id",))
NEWEST = keyset.Order("webhook-deliveries", ("-id",))


@dataclass(frozen=True)
class Place:
    """Whose webhooks a page is about."""

    namespace: Namespace
    organization: Organization | None

    def url(self, name: str, *args: object) -> str:
        """The address of a page of this place, by the name it has in an organization."""
        if self.organization is None:
            return reverse(f"my-{name}", args=args)
        return reverse(name, args=[self.namespace.slug, *args])

    def context(self, request: HttpRequest) -> dict[str, object]:
        """What every page of this place shows."""
        if self.organization is None:
            return {"frame": "hub/settings_base.html", "list_url": self.url("webhooks")}
        return {
            **about(actor_of(request), self.organization),
            "frame": "hub/organization_base.html",
            "list_url": self.url("webhooks"),
        }

    def reads_audit(self, request: HttpRequest) -> bool:
        """Whether the viewer may have events about people and safety sent."""
        return self.organization is None or bool(organizations.may_read_audit(actor_of(request), self.organization))


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@reauthenticated
@sensitive_variables("made")
def webhooks(request: HttpRequest, slug: str | None = None) -> HttpResponse:
    """List the webhooks, and make one."""
    place = _place(request, slug)
    form = _form(request, place, None)
    if form.is_valid():
        made = _tried(
            form, lambda: services.create(by=actor_of(request), namespace=place.namespace, **form.cleaned_data)
        )
        if isinstance(made, services.NewSecret):
            return _shown_once(request, place, made)
    listed = page_of(request, Webhook.objects.filter(namespace=place.namespace), IN_ORDER)
    context = {
        **place.context(request),
        "form": form,
        "listed": listed,
        "rows": [_row(place, one) for one in listed.items],
    }
    return render(request, "hub/webhook_list.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@reauthenticated
def webhook(request: HttpRequest, webhook_id: int, slug: str | None = None) -> HttpResponse:
    """Show a webhook and what was sent to it, and change it."""
    place, found = _found(request, slug, webhook_id)
    form = _form(request, place, found)
    if form.is_valid():
        wanted = form.cleaned_data
        if _tried(form, lambda: services.update(by=actor_of(request), webhook=found, **wanted)) is not None:
            messages.success(request, _("Saved."))
            return redirect(place.url("webhook", found.id))
    listed = page_of(request, WebhookDelivery.objects.filter(webhook=found).defer("body"), NEWEST)
    context = {
        **place.context(request),
        "webhook": found,
        "form": form,
        "listed": listed,
        "rows": [(one, place.url("webhook-delivery", found.id, one.id)) for one in listed.items],
        "urls": {name: place.url(f"webhook-{name}", found.id) for name in ("delete", "rotate", "test")},
    }
    return render(request, "hub/webhook_detail.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@reauthenticated
def delete(request: HttpRequest, webhook_id: int, slug: str | None = None) -> HttpResponse:
    """Ask, and then delete a webhook with its log."""
    place, found = _found(request, slug, webhook_id)
    if request.method != "POST":
        context = {
            "title": _("Delete this webhook?"),
            "body": _("Nothing more is sent, and what was sent is forgotten."),
            "submit": _("Delete it"),
            "cancel_url": place.url("webhook", found.id),
        }
        return render(request, "ui/confirm_page.html", context)
    _do(request, lambda: services.delete(by=actor_of(request), webhook=found), _("The webhook is deleted."))
    return redirect(place.url("webhooks"))


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@reauthenticated
@sensitive_variables("made")
def rotate(request: HttpRequest, webhook_id: int, slug: str | None = None) -> HttpResponse:
    """Ask how long the former secret signs as well, and show the new one."""
    place, found = _found(request, slug, webhook_id)
    form = RotateWebhookForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        overlap = form.overlap_wanted()
        made = _tried(form, lambda: services.rotate(by=actor_of(request), webhook=found, overlap=overlap))
        if isinstance(made, services.NewSecret):
            return _shown_once(request, place, made)
    context = {
        "title": _("Rotate the signing secret?"),
        "body": _(
            "A new secret is made, and shown once. Meanwhile messages carry a signature of each, so that none is refused."
        ),
        "form": form,
        "submit": _("Rotate it"),
        "cancel_url": place.url("webhook", found.id),
    }
    return render(request, "ui/confirm_page.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@reauthenticated
def send_test(request: HttpRequest, webhook_id: int, slug: str | None = None) -> HttpResponse:
    """Have a test message sent."""
    place, found = _found(request, slug, webhook_id)
    if request.method == "POST":
        done = _("A test message is on its way. Look at its delivery below in a moment.")
        _do(request, lambda: services.test(by=actor_of(request), webhook=found), done)
    return redirect(place.url("webhook", found.id))


@require_safe
@personal
def delivery(request: HttpRequest, webhook_id: int, delivery_id: int, slug: str | None = None) -> HttpResponse:
    """Show one message, and what came of each try."""
    place, found = _found(request, slug, webhook_id)
    context = {
        **place.context(request),
        "webhook": found,
        "webhook_url": place.url("webhook", found.id),
        "delivery": (sent := _delivery(found, delivery_id)),
        "tries": list(sent.log.order_by("-id")[:50]),
        "replay_url": place.url("webhook-replay", found.id, sent.id),
    }
    return render(request, "hub/webhook_delivery.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@reauthenticated
def replay(request: HttpRequest, webhook_id: int, delivery_id: int, slug: str | None = None) -> HttpResponse:
    """Send a message that is over once more."""
    place, found = _found(request, slug, webhook_id)
    sent = _delivery(found, delivery_id)
    if request.method == "POST":
        done = _("The message is on its way again, with the same id.")
        _do(request, lambda: services.replay(by=actor_of(request), delivery=sent), done)
    return redirect(place.url("webhook-delivery", found.id, sent.id))


def _place(request: HttpRequest, slug: str | None) -> Place:
    """The place of a page, if the viewer manages its webhooks; else 404 or 403."""
    if slug is None:
        place = Place(signed_in(request).namespace, None)
    else:
        organization = visible_organization(request, slug)
        place = Place(organization.namespace, organization)
    require_or_403(policies.may_manage(actor_of(request), place.namespace))
    return place


def _found(request: HttpRequest, slug: str | None, webhook_id: int) -> tuple[Place, Webhook]:
    place = _place(request, slug)
    rows = Webhook.objects.select_related("namespace__organization", "created_by")
    found = get_object_or_404(rows, id=webhook_id, namespace=place.namespace)
    require_or_403(policies.may_change(actor_of(request), found))
    return place, found


def _delivery(webhook: Webhook, delivery_id: int) -> WebhookDelivery:
    rows = WebhookDelivery.objects.select_related("webhook__namespace__organization")
    return get_object_or_404(rows, id=delivery_id, webhook=webhook)


def _form(request: HttpRequest, place: Place, found: Webhook | None) -> WebhookForm:
    initial: dict[str, Any] = {"events": ["registry.*"]}
    if found is not None:
        initial = {name: getattr(found, name) for name in ("url", "description", "events", "is_enabled")}
    return WebhookForm(
        request.POST if request.method == "POST" else None,
        initial=initial,
        chosen=initial["events"],
        reads_audit=place.reads_audit(request),
        is_new=found is None,
    )


def _tried[T](form: forms.Form, deed: Callable[[], T]) -> T | None:
    """What `deed` returns; None if it was refused, which is then an error of the form."""
    try:
        return deed()
    except services.InvalidUrl as error:
        form.add_error("url", str(error))
    except services.InvalidDescription as error:
        form.add_error("description", str(error))
    except domain.InvalidEvents as error:
        form.add_error("events", str(error))
    except (PermissionRefused, services.TooMany, services.Gone, services.InvalidOverlap) as error:
        form.add_error(None, str(error))
    return None


def _do(request: HttpRequest, deed: Callable[[], object], done: str) -> None:
    try:
        deed()
    except (PermissionRefused, services.Gone, services.Disabled, services.StillOpen) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)


def _row(place: Place, found: Webhook) -> dict[str, object]:
    return {"webhook": found, "url": place.url("webhook", found.id)}


@sensitive_variables("made", "context")
def _shown_once(request: HttpRequest, place: Place, made: services.NewSecret) -> HttpResponse:
    context = {
        **place.context(request),
        "webhook": made.webhook,
        "secret": made.secret,
        "back_url": place.url("webhook", made.webhook.id),
    }
    return render(request, "hub/webhook_secret.html", context)
