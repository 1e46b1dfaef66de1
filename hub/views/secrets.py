"""A person's secrets. No page and no address ever holds a value."""

from __future__ import annotations

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from hub import keyset
from hub.actors import Actor
from hub.context import actor_of
from hub.forms.secrets import SecretEditForm, SecretForm
from hub.models import UserSecret
from hub.services import secrets as services
from hub.views.personal import page_of, personal, reauthenticated, signed_in

BY_NAME = keyset.Order("secrets", ("name", "id"))


@sensitive_post_parameters("value")
@require_http_methods(["GET", "HEAD", "POST"])
@personal
@reauthenticated
def secrets(request: HttpRequest) -> HttpResponse:
    """List what is kept, and keep another one."""
    form = SecretForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and _stored(form, lambda: services.put(by=actor_of(request), **form.cleaned_data)):
        messages.success(request, _("“%(name)s” is kept.") % {"name": form.cleaned_data["name"]})
        return redirect("secrets")
    rows = UserSecret.objects.filter(user=signed_in(request)).defer("ciphertext")
    context = {"form": form, "listed": page_of(request, rows, BY_NAME)}
    return render(request, "hub/secret_list.html", context, status=422 if form.errors else 200)


@sensitive_post_parameters("value")
@require_http_methods(["GET", "HEAD", "POST"])
@personal
@reauthenticated
def edit(request: HttpRequest, name: str) -> HttpResponse:
    """Replace a secret's value, or change who else's assistants may ask for it."""
    secret = get_object_or_404(UserSecret, name=name, user=signed_in(request))
    initial = {"allowed_namespaces": secret.allowed_namespaces}
    form = SecretEditForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid() and _stored(form, lambda: _change(actor_of(request), secret, **form.cleaned_data)):
        messages.success(request, _("“%(name)s” is changed.") % {"name": secret.name})
        return redirect("secrets")
    return render(request, "hub/secret_edit.html", {"form": form, "secret": secret}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@reauthenticated
def delete(request: HttpRequest, name: str) -> HttpResponse:
    """Ask, and then forget a secret."""
    secret = get_object_or_404(UserSecret, name=name, user=signed_in(request))
    if request.method != "POST":
        context = {
            "title": _("Delete “%(name)s”?") % {"name": secret.name},
            "body": _("Assistants that ask for it get nothing from now on. The value cannot be brought back."),
            "submit": _("Delete it"),
            "cancel_url": reverse("secrets"),
        }
        return render(request, "ui/confirm_page.html", context)
    services.delete(by=actor_of(request), secret=secret)
    messages.success(request, _("“%(name)s” is deleted.") % {"name": secret.name})
    return redirect("secrets")


def _change(by: Actor, secret: UserSecret, value: str, allowed_namespaces: list[str]) -> None:
    """An empty value means the one that is kept."""
    if value:
        services.put(by=by, name=secret.name, value=value, allowed_namespaces=allowed_namespaces)
    else:
        services.allow(by=by, secret=secret, allowed_namespaces=allowed_namespaces)


def _stored(form: forms.Form, store: Callable[[], object]) -> bool:
    """Whether `store` worked; what it refused becomes an error of the form."""
    try:
        store()
    except services.UnknownNamespace as error:
        form.add_error("allowed_namespaces", str(error))
    except services.InvalidSecret as error:
        form.add_error("value", str(error))
    return form.is_valid()
