"""What a person was told, and how the person wants to be."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hub.context import actor_of
from hub.forms.notifications import WaysForm
from hub.services import notifications as services
from hub.views.personal import page_of, personal, signed_in


@require_safe
@personal
def notifications(request: HttpRequest) -> HttpResponse:
    """What the person was told, newest first; `?show=unread` for what is new."""
    user = signed_in(request)
    unread = request.GET.get("show") == "unread"
    listed = page_of(request, services.listed(user=user, unread=unread), services.NEWEST)
    context = {
        "listed": listed,
        "readable": services.readable(user=user, rows=listed.items),
        "unread": unread,
        "count": services.unread_count(user=user),
    }
    return render(request, "hub/notification_list.html", context)


@require_safe
@personal
def bell(request: HttpRequest) -> HttpResponse:
    """How much is unread, as the part of the header that asks for it after the page has arrived."""
    count = services.unread_count(user=signed_in(request))
    return render(request, "ui/bell.html", {"count": count, "most": services.MAX_COUNTED, "loaded": True})


@require_POST
@personal
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark everything as read."""
    services.mark_read(user=signed_in(request))
    messages.success(request, _("Everything is marked as read."))
    return redirect("notifications")


@require_POST
@personal
def read(request: HttpRequest, notification_id: int) -> HttpResponse:
    """Mark one as read, and (`open`) go where it leads."""
    user = signed_in(request)
    row = get_object_or_404(services.listed(user=user), id=notification_id)
    services.mark_read(user=user, ids=[row.pk])
    # An address of this hub, made by the hub.
    return redirect(row.url if request.POST.get("open") else "notifications")


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def preferences(request: HttpRequest) -> HttpResponse:
    """How the person is told of each kind of thing."""
    data = request.POST if request.method == "POST" else None
    form = WaysForm(data, kinds=services.preferences(user=signed_in(request)))
    if form.is_valid():
        services.prefer(by=actor_of(request), ways=form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("notification-settings")
    context = {"form": form, "has_mail": bool(settings.MAIL_HOST)}
    return render(request, "hub/notification_settings.html", context, status=422 if form.errors else 200)
