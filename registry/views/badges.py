"""Badges of public packages."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from hub.actors import Actor
from hub.api import conditional
from registry import lookups
from registry.domain import badges, canonical
from registry.kinds import KINDS
from registry.models import Package

SECONDS_KEPT = 300
NOBODY = Actor()
SHOWN: dict[str, Callable[[Package], tuple[str, str]]] = {
    "version": lambda package: (
        str(package),
        package.latest_release.version if package.latest_release else "no release",
    ),
    "downloads": lambda package: ("downloads", badges.short_count(package.download_count)),
    "kind": lambda package: ("kind", str(KINDS[package.kind].label)),
    "license": lambda package: ("licence", package.license or "not stated"),
}


@require_safe
def badge(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    """A picture for other sites. It is the same for everybody, so a package that not everybody may read has none."""
    package = lookups.package(NOBODY, namespace, name)
    shown = request.GET.get("show", "version")
    if shown not in SHOWN:
        raise BadRequest(f"A badge shows one of: {', '.join(SHOWN)}.")
    label, value = SHOWN[shown](package)
    ground = "none" if value in ("no release", "not stated") else "accent"
    content = badges.badge(label, value, ground).encode()
    caching = f"public, max-age={SECONDS_KEPT}"
    response = conditional.answer(request, content, canonical.digest(content), "image/svg+xml", caching)
    del response.headers["Vary"]
    return response
