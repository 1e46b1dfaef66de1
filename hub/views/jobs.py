"""Watching a job."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from hub.context import actor_of
from hub.services import jobs
from hub.views.personal import personal

# htmx stops asking on this status.
STOP = 286


@personal
@require_safe
def job(request: HttpRequest, job_id: int) -> HttpResponse:
    """How far a job is. The part that changes is asked for again while it runs."""
    found = get_object_or_404(jobs.visible_to(actor_of(request)), id=job_id)
    is_part = request.htmx.request_type == "partial"  # type: ignore[attr-defined]  # set by django_htmx's middleware
    template = "hub/job.html#progress" if is_part else "hub/job.html"
    status = STOP if is_part and found.is_over else 200
    response = render(request, template, {"job": found}, status=status)
    patch_vary_headers(response, ["HX-Request", "HX-Request-Type"])
    return response
