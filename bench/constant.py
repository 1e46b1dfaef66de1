"""A view that answers with constant bytes: what the web server, Django and the middleware cost by themselves."""

from functools import cache

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_safe

from hub import urls as hub_urls


@require_safe
def constant(request: HttpRequest, size: int) -> HttpResponse:
    """As many bytes as asked for."""
    return HttpResponse(_bytes(size), content_type="application/json")


@cache
def _bytes(size: int) -> bytes:
    return b"x" * size


# First, so that no other pattern is tried: the comparison is the hardest one there is.
urlpatterns = [path("-/constant/<int:size>", constant), *hub_urls.urlpatterns]
handler400, handler403 = hub_urls.handler400, hub_urls.handler403
handler404, handler500 = hub_urls.handler404, hub_urls.handler500
