"""Atom feeds: of the catalogue or a search in it, of a namespace, of a package. Sessions and tokens read what is theirs."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from hub.api.conditional import caching
from hub.api.problems import Problem
from hub.api.views import HubAPIView
from hub.domain import slugs
from registry import catalogue, feeds, lookups
from registry.forms.search import SearchForm
from registry.models import Package, Release, Visibility, served
from registry.views.namespaces import namespace_for


@extend_schema(exclude=True)
class CatalogueFeedView(HubAPIView):
    """What was released last, everywhere; `q`, `kind`, `namespace` and `tag` narrow it as on the search page."""

    def get(self, request: Request) -> HttpResponseBase:
        """The feed of packages that the caller may read."""
        form = SearchForm(request.query_params)
        if not form.is_valid():
            raise Problem(400, "invalid", "; ".join(str(text) for texts in form.errors.values() for text in texts))
        values = form.cleaned_data
        asked = catalogue.Search(values["q"], values["kind"], values["namespace"], values["tag"], "updated")
        query = "&".join(f"{name}={value}" for name, value in sorted(values.items()) if value and name != "sort")
        encoded = request.META.get("QUERY_STRING", "")
        feed = feeds.of_packages(
            _newest(self, asked),
            title=f"Releases: {query}" if query else "Releases",
            address=reverse("feed-packages") + (f"?{encoded}" if encoded else ""),
            page=reverse("search") + (f"?{encoded}" if encoded else ""),
            identity=f"packages?{query}" if query else "packages",
        )
        return _answer(self, feed)


@extend_schema(exclude=True)
class NamespaceFeedView(HubAPIView):
    """What was released last in a namespace."""

    def get(self, request: Request, namespace: str) -> HttpResponseBase:
        """The feed of a namespace; to who may read nothing in it, it is not there."""
        found, _ = namespace_for(self.actor, namespace)
        feed = feeds.of_packages(
            _newest(self, catalogue.Search(namespace=found.slug, sort="updated")),
            title=f"Releases of {found.slug}",
            address=reverse("feed-namespace", args=[found.slug]),
            page=reverse("namespace", args=[found.slug]),
            identity=f"namespace/{found.pk}",
        )
        return _answer(self, feed)


@extend_schema(exclude=True)
class PackageFeedView(HubAPIView):
    """The releases of a package."""

    def get(self, request: Request, namespace: str, name: str) -> HttpResponseBase:
        """The feed of a package, the last published first, yanked releases included."""
        found = lookups.package(self.actor, namespace, slugs.normalize(name))
        rows = Release.objects.filter(served(), package=found).defer(
            "manifest", "content", "readme", "readme_html", "changelog"
        )
        address = reverse("feed-package", args=[found.namespace.slug, found.name])
        feed = feeds.of_releases(found, rows.order_by("-id")[: feeds.MAX_ENTRIES], address=address)
        return _answer(self, feed, public=found.visibility == Visibility.PUBLIC)


def _newest(view: HubAPIView, asked: catalogue.Search) -> list[Package]:
    newest = replace(asked, sort="updated", released=True)
    return catalogue.look(view.actor, newest, limit=feeds.MAX_ENTRIES).page.items


def _answer(view: HubAPIView, feed: feeds.SteadyFeed, *, public: bool = True) -> HttpResponseBase:
    """The feed, or 304. Caches share only what an anonymous reader was given."""
    content, digest, changed = feeds.written(feed)
    etag = f'"{digest}"'
    answer = HttpResponse(content, content_type=feeds.MEDIA_TYPE)
    answer.headers["ETag"] = etag
    answer.headers["Vary"] = "Authorization, Cookie"
    answer.headers["Cache-Control"] = caching(public=public and view.actor.user is None)
    answer.headers["Last-Modified"] = http_date(changed)
    request = view.request._request
    return get_conditional_response(request, etag=etag, last_modified=changed, response=answer) or answer
