"""The pages of one package. They are here, and not in `registry`, because they tell what assistants make of it."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from assistants.views import clients, resolved
from hub.actors import Actor
from hub.context import actor_of
from hub.domain.decisions import PermissionRefused
from hub.keyset import Order
from hub.pages import popularity, relations, usage
from hub.pages.frames import frame
from registry import comparisons, lookups
from registry.domain import destinations, links, model_profiles
from registry.domain.servers import describing
from registry.domain.versions import InvalidRange
from registry.models import Release
from registry.services import artifacts, scans
from registry.views import highlighting, provenance, readmes
from registry.views.paging import page_or_404

PAGE_SIZE = 30
NEWEST_FIRST = Order("version", ("-version_key", "-id"))
BY_NAME = Order("name", ("name", "id"))
# What the list of releases may be narrowed to; without it, every release is there.
SHOWN = {"stable": {"is_prerelease": False}, "prereleases": {"is_prerelease": True}}


@require_safe
def package(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    """What it is, how to use it, and for an assistant what it is made of."""
    actor = actor_of(request)
    found = lookups.package_to_inspect(actor, namespace, name)
    context = frame(actor, found, "overview")
    if found.latest_release is not None:
        context |= _about(actor, lookups.release_to_inspect(actor, found, "latest"))
    context |= {"history": relations.history(found), "downloads": popularity.of_package(found, request.GET)}
    return render(request, "registry/package_detail.html", context)


@require_safe
def release(request: HttpRequest, namespace: str, name: str, version: str) -> HttpResponse:
    """One release: exact, `latest` or a range, as everywhere."""
    actor = actor_of(request)
    found = lookups.package_to_inspect(actor, namespace, name)
    try:
        shown = lookups.release_to_inspect(actor, found, version)
    except InvalidRange:
        raise Http404 from None
    context = frame(actor, found, "releases") | _about(actor, shown)
    context |= {
        "source": highlighting.source(shown.manifest, shown.format),
        "origin": provenance.origin_of(shown),
        "previous": comparisons.previous(shown),
        "downloads": popularity.of_release(shown, request.GET),
    }
    return render(request, "registry/release_detail.html", context)


@require_safe
def manifest(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    """The latest manifest as it was published; for an assistant also what it resolves to."""
    actor = actor_of(request)
    found = lookups.package_to_inspect(actor, namespace, name)
    context = frame(actor, found, "manifest")
    if found.latest_release is not None:
        shown = lookups.release_to_inspect(actor, found, "latest")
        context |= {"release": shown, "source": highlighting.source(shown.manifest, shown.format)}
        if found.kind == "assistant":
            context["resolved"] = resolved.of_release(actor, shown)
    return render(request, "registry/manifest.html", context)


@require_safe
def release_list(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    """Every release, newest version first, yanked ones included; or only those that `?show=` asks for."""
    actor = actor_of(request)
    found = lookups.package_to_inspect(actor, namespace, name)
    shown = request.GET.get("show", "")
    rows = Release.objects.filter(package=found, **SHOWN.get(shown, {})).select_related("published_by")
    rows = rows.defer("manifest", "content", "readme", "readme_html", "changelog", "changelog_html")
    context = frame(actor, found, "releases") | {
        "page": page_or_404(request, rows, NEWEST_FIRST, PAGE_SIZE),
        "shown": shown if shown in SHOWN else "",
    }
    return render(request, "registry/release_list.html", context)


@require_safe
def used_by(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    """The assistants whose latest release contains the package, as far as the reader may see them."""
    actor = actor_of(request)
    found = lookups.package_to_inspect(actor, namespace, name)
    page = page_or_404(request, relations.users(actor, found), BY_NAME, PAGE_SIZE)
    context = frame(actor, found, "used-by") | {"page": page, "in_use": relations.versions_in_use(actor, found)}
    return render(request, "registry/used_by.html", context)


@require_safe
def fork_list(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    """The forks that the reader may see."""
    actor = actor_of(request)
    found = lookups.package_to_inspect(actor, namespace, name)
    page = page_or_404(request, relations.forks(actor, found), BY_NAME, PAGE_SIZE)
    return render(request, "registry/fork_list.html", frame(actor, found, "forks") | {"page": page})


@require_safe
def file(request: HttpRequest, namespace: str, name: str, version: str, path: str) -> HttpResponse:
    """One file of a release that is a folder."""
    actor = actor_of(request)
    found = lookups.package_to_inspect(actor, namespace, name)
    try:
        shown = lookups.release_to_inspect(actor, found, version)
    except InvalidRange:
        raise Http404 from None
    entry = next((one for one in shown.files if one["path"] == path), None)
    files = artifacts.files_of(shown) if entry else None
    held = files.get(path) if files else None
    if entry is None or held is None:
        raise Http404
    context = {"release": shown, "file": entry, "source": highlighting.of_file(path, held.content)}
    return render(request, "registry/file.html", frame(actor, found, "releases") | context)


@require_safe
def client_list(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    """An assistant as files for each client, with what each loses."""
    actor = actor_of(request)
    found = lookups.package(actor, namespace, name, kind="assistant")
    context = frame(actor, found, "clients")
    if found.latest_release is not None:
        context["release"] = lookups.release(found, "latest")
        try:
            context["clients"] = clients.of_release(actor, context["release"])
        except PermissionRefused as error:
            context["refusal"] = str(error)
    return render(request, "assistants/clients.html", context)


def _about(actor: Actor, shown: Release) -> dict[str, Any]:
    context: dict[str, Any] = {
        "release": shown,
        "release_successor": lookups.successor(actor, shown),
        "destinations": destinations.of_config(shown.content),
        "ways": usage.ways(shown),
        "scan": scans.latest(shown),
        "readme": readmes.of(shown),
        "repository": links.repository_of(shown.content),
        "website": links.website_of(shown.content),
    }
    match shown.package.kind:
        case "assistant":
            context["resolved"] = resolved.of_release(actor, shown)
        case "mcp-server" if shown.document:
            context["server_ways"] = describing.ways(shown.document)
        case "model":
            context["model"] = model_profiles.profile(shown.content["models"][0])
    return context
