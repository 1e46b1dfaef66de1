"""Signing devices in by a code, and signing them out."""

from __future__ import annotations

from allauth.core.internal import ratelimit
from django.contrib import messages
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from hub import keyset
from hub.context import actor_of
from hub.domain.decisions import PermissionRefused
from hub.domain.devices import Outcome
from hub.forms.devices import AnswerForm, CodeForm
from hub.forms.tokens import SCOPE_WORDS
from hub.models import ApiToken, Device, DeviceRequest
from hub.oauth import clients
from hub.policies import devices as policies
from hub.policies import organizations
from hub.services import device_requests as requests
from hub.services import devices as services
from hub.views.personal import page_of, personal

NEWEST = keyset.Order("devices", ("-created_at", "-id"))
# Codes that lead nowhere. With twenty to the power of eight codes, ten guesses in five minutes find nothing.
WRONG_CODES = {"wrong_device_code": "10/5m/user,50/5m/ip"}


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def device(request: HttpRequest) -> HttpResponse:
    """Ask for the code, show who wants what, and take the answer. A GET shows; only a POST answers."""
    form = CodeForm(request.POST if request.method == "POST" else request.GET if "code" in request.GET else None)
    if not form.is_valid():
        return _ask_for_code(request, form, 422 if form.errors else 200)
    if not _guesses_left(request):
        form.refuse(_("You have tried too many codes that lead nowhere. Wait five minutes."))
        return _ask_for_code(request, form, 429)
    found = requests.find(form.cleaned_data["code"])
    if found is None or not found.is_open():
        if found is None:
            _count_guess(request)
        form.refuse(_why_not(found))
        return _ask_for_code(request, form, 422)
    code = form.cleaned_data["code"]
    return _answer(request, code, found) if request.POST.get("answer") else _ask_for_answer(request, code, found)


@require_safe
@personal
def devices(request: HttpRequest) -> HttpResponse:
    """List the devices that are signed in."""
    rows = _with_use(policies.visible_to(actor_of(request)).signed_in()).select_related("organization")
    listed = page_of(request, rows, NEWEST)
    names = {one.client: clients.name_of(one.client) for one in listed.items}
    context = {"listed": listed, "rows": [(one, names[one.client]) for one in listed.items]}
    return render(request, "hub/device_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def end_device(request: HttpRequest, device_id: int) -> HttpResponse:
    """Ask, and then sign a device out."""
    by = actor_of(request)
    found = get_object_or_404(policies.visible_to(by).select_related("user"), id=device_id)
    if request.method != "POST":
        context = {
            "title": _("Sign out “%(name)s”?") % {"name": found.name},
            "body": _("It is refused from now on. To use it again, sign it in with a new code."),
            "submit": _("Sign it out"),
            "cancel_url": reverse("devices"),
        }
        return render(request, "ui/confirm_page.html", context)
    if services.end(by=by, device=found):
        messages.success(request, _("“%(name)s” is signed out.") % {"name": found.name})
    else:
        messages.info(request, _("“%(name)s” had been signed out before.") % {"name": found.name})
    return redirect("devices")


def _answer(request: HttpRequest, code: str, found: DeviceRequest) -> HttpResponse:
    by = actor_of(request)
    form = _answer_form(request)
    try:
        if request.POST["answer"] != "confirm":
            requests.deny(by=by, request=found)
            messages.info(request, _("“%(name)s” stays out. You can close this page.") % {"name": found.name})
            return redirect("devices")
        if form.is_valid():
            requests.confirm(by=by, request=found, organization=form.cleaned_data["organization"])
            message = _("“%(name)s” is signed in as soon as it asks again. You can go back to it.")
            messages.success(request, message % {"name": found.name})
            return redirect("devices")
    except (requests.Closed, requests.TooManyDevices, PermissionRefused) as error:
        form.add_error(None, str(error))
    return _ask_for_answer(request, code, found, form)


def _ask_for_code(request: HttpRequest, form: CodeForm, status: int) -> HttpResponse:
    return render(request, "hub/device.html", {"form": form}, status=status)


def _ask_for_answer(
    request: HttpRequest, code: str, found: DeviceRequest, form: AnswerForm | None = None
) -> HttpResponse:
    shown = form if form is not None else _answer_form(request)
    context = {
        "asked": found,
        "client_name": clients.name_of(found.client),
        "code": f"{code[:4]}-{code[4:]}",  # as the device shows it, to compare
        "form": shown,
        "scopes": [words for scope, words in SCOPE_WORDS.items() if scope in found.scopes],
        "elsewhere": found.ip_address != actor_of(request).ip_address,
    }
    return render(request, "hub/device_confirm.html", context, status=422 if shown.errors else 200)


def _answer_form(request: HttpRequest) -> AnswerForm:
    by = actor_of(request)
    open_to = organizations.visible_to(by).order_by("name", "id")
    data = request.POST if request.POST.get("answer") else None
    return AnswerForm(data, organizations=open_to, confined=by.confined_to is not None)


def _why_not(found: DeviceRequest | None) -> str:
    if found is None:
        return _("No device has this code. Compare it letter by letter with what the device shows.")
    if found.outcome != Outcome.OPEN:
        return _("This code was used already. Start again on the device if it is not signed in.")
    return _("This code is too old. Start again on the device to get a new one.")


def _guesses_left(request: HttpRequest) -> bool:
    return _consume(request, dry_run=True)


def _count_guess(request: HttpRequest) -> None:
    _consume(request, dry_run=False)


def _consume(request: HttpRequest, *, dry_run: bool) -> bool:
    # A prefilled code is a guess too, although it comes by GET.
    usage = ratelimit.consume(
        request, app="hub", action="wrong_device_code", config=WRONG_CODES, limit_get=True, dry_run=dry_run
    )
    return usage is not None


def _with_use(rows: QuerySet[Device]) -> QuerySet[Device]:
    """`rows` with `used_at` and `used_from`: the last call or refresh, and the address of the last call."""
    latest = ApiToken.objects.filter(device=OuterRef("pk"), last_used_at__isnull=False).order_by("-last_used_at", "-id")
    called_at = Subquery(latest.values("last_used_at")[:1])
    return rows.annotate(
        used_at=Greatest(Coalesce(called_at, F("refreshed_at")), F("refreshed_at")),
        used_from=Coalesce(Subquery(latest.values("last_used_ip")[:1]), F("ip_address")),
    )
