"""What the pages of accounts and organizations share: they are for one signed-in person, and kept by no cache."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Concatenate, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from hub import keyset
from hub.domain.decisions import Decision, Denied
from hub.models import User
from hub.views import reauthentication

PAGE_SIZE = 25

type View[**P] = Callable[Concatenate[HttpRequest, P], HttpResponse]

# Before what a borrowed browser must not do. The order: `@personal`, then `@reauthenticated`.
reauthenticated = reauthentication.reauthenticated


def personal[**P](view: View[P]) -> View[P]:
    """Send anonymous visitors to sign-in, and keep the page out of every cache."""
    return never_cache(login_required(view))


def signed_in(request: HttpRequest) -> User:
    """The person of a request to a `personal` view."""
    return cast(User, request.user)


def require_or_403(decision: Decision) -> None:
    """Answer 403 unless `decision` allows: for pages that nothing leads the person to."""
    if isinstance(decision, Denied):
        raise PermissionDenied(decision.reason)


@dataclass(frozen=True)
class Listed[M: Model]:
    """One page of a list, and the addresses of its neighbours ("" at the ends)."""

    items: list[M]
    previous_url: str
    next_url: str


def page_of[M: Model](request: HttpRequest, rows: QuerySet[M], order: keyset.Order) -> Listed[M]:
    """The page of `rows` at the request's `cursor`. A cursor from elsewhere is a bad request."""
    try:
        page = keyset.paginate(rows, order, limit=PAGE_SIZE, cursor=request.GET.get("cursor"))
    except keyset.InvalidCursor as error:
        raise BadRequest(str(error)) from None
    return Listed(page.items, _address(page.previous_cursor), _address(page.next_cursor))


def _address(cursor: str | None) -> str:
    # Signed cursors are made of characters that need no quoting in a query.
    return f"?cursor={cursor}" if cursor else ""
