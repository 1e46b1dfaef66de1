"""Importing in the browser: hand in, look at the plan, import, read the report."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from hub import keyset
from hub.context import actor_of
from hub.domain.decisions import PermissionRefused
from hub.views.jobs import STOP
from hub.views.personal import page_of, personal
from registry.forms.imports import ImportForm
from registry.importers import IMPORTERS
from registry.importers.report import ImportOutcome
from registry.models import Import
from registry.services import import_uploads

NEWEST = keyset.Order("imports", ("-created_at", "-id"))
ROWS = 100


@personal
@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    """Hand in an archive, and see what was handed in before."""
    by = actor_of(request)
    posted = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    initial = {"namespace": request.GET.get("namespace", by.label)}
    form = ImportForm(*posted, actor=by, initial=initial)
    if form.is_valid():
        given = form.cleaned_data
        try:
            made = import_uploads.upload(
                by=by,
                namespace=given["namespace"],
                file_name=given["file"].name,
                chunks=given["file"].chunks(),
                visibility=given["visibility"],
                source=given["source"],
            )
        except (import_uploads.TooLarge, ValueError) as error:
            form.add_error("file", str(error))
        except PermissionRefused as error:
            form.add_error("namespace", str(error))
        else:
            return redirect("import", made.pk)
    listed = page_of(request, import_uploads.visible_to(by), NEWEST)
    context = {"form": form, "listed": listed, "importers": IMPORTERS.values()}
    return render(request, "registry/import_list.html", context, status=422 if form.errors else 200)


@personal
@require_safe
def detail(request: HttpRequest, import_id: int) -> HttpResponse:
    """How far an import is; its plan with the question whether to go on, or its report."""
    made = _of(request, import_id)
    job = made.job
    is_part = request.htmx.request_type == "partial"  # type: ignore[attr-defined]  # set by django_htmx's middleware
    if is_part and job is not None and not job.is_over:
        response = render(request, "registry/import_detail.html#progress", {"made": made, "job": job})
    elif is_part:
        # The whole page has something else to show now.
        response = HttpResponse(status=STOP, headers={"HX-Refresh": "true"})
    else:
        response = render(request, "registry/import_detail.html", _context(request, made))
    patch_vary_headers(response, ["HX-Request", "HX-Request-Type"])
    return response


@personal
@require_http_methods(["GET", "HEAD", "POST"])
def run(request: HttpRequest, import_id: int) -> HttpResponse:
    """Import what was looked at."""
    made = _of(request, import_id)
    if request.method == "POST":
        try:
            import_uploads.confirm(by=actor_of(request), upload=made)
        except (import_uploads.Emptied, PermissionRefused) as error:
            messages.error(request, str(error))
    return redirect("import", made.pk)


@personal
@require_http_methods(["GET", "HEAD", "POST"])
def discard(request: HttpRequest, import_id: int) -> HttpResponse:
    """Ask, and then forget the archive."""
    made = _of(request, import_id)
    if request.method != "POST":
        context = {
            "title": _("Discard %(file)s?") % {"file": made.file_name},
            "body": _("Nothing was imported from it, and nothing will be."),
            "submit": _("Discard"),
            "cancel_url": reverse("import", args=[made.pk]),
        }
        return render(request, "ui/confirm_page.html", context)
    if import_uploads.discard(by=actor_of(request), upload=made):
        messages.success(request, _("Discarded."))
    return redirect("imports")


@personal
@require_safe
def report(request: HttpRequest, import_id: int) -> HttpResponse:
    """The rows as a file of JSON."""
    made = _of(request, import_id)
    if made.job is None or made.job.report is None:
        raise Http404
    headers = {"Content-Disposition": f'attachment; filename="import-{made.pk}.json"'}
    return JsonResponse(made.job.report["rows"], safe=False, headers=headers, json_dumps_params={"indent": 2})


def _of(request: HttpRequest, import_id: int) -> Import:
    return get_object_or_404(import_uploads.visible_to(actor_of(request)), id=import_id)


def _context(request: HttpRequest, made: Import) -> dict[str, Any]:
    job, outcome = made.job, request.GET.get("outcome", "")
    told = (job.report if job else None) or {"counts": {}, "rows": []}
    rows = [row for row in told["rows"] if outcome in ("", row["outcome"])]
    page = Paginator(rows, ROWS).get_page(request.GET.get("page"))
    page.object_list = [row | {"url": _address_of(row["package"])} for row in page.object_list]
    filters = [(one, told["counts"].get(str(one), 0)) for one in ImportOutcome]
    return {
        "made": made,
        "job": job,
        "page": page,
        "outcome": outcome,
        "filters": filters,
        "all": len(told["rows"]),
        "is_plan": made.run_job_id is None,
        "can_run": made.run_job_id is None and made.emptied_at is None and job is not None and job.state == "done",
    }


def _address_of(package: str | None) -> str:
    return reverse("package", args=package.split("/", 1)) if package else ""
