"""From an address to the package that somebody wants to change."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from hub.actors import Actor
from hub.context import actor_of
from hub.domain.decisions import Decision, Denied
from registry import lookups, policies
from registry.models import Package

type View = Callable[..., HttpResponse]


type Policy = Callable[[Actor, Package], Decision]


def package_to_change(request: HttpRequest, namespace: str, name: str, policy: Policy) -> Package:
    """The package, for somebody whom `policy` allows. Raises Http404 if it may not even be read, else PermissionDenied."""
    actor = actor_of(request)
    package = lookups.package_to_inspect(actor, namespace, name)
    decision = policy(actor, package)
    if isinstance(decision, Denied):
        raise PermissionDenied(decision.reason)
    return package


def for_managers(view: View) -> View:
    """Signs in first, then hands the view the package, which the person manages, in place of its two names."""
    return _handing_over(view, policies.may_manage)


def for_givers(view: View) -> View:
    """As `for_managers`, for who may hand the package over."""
    return _handing_over(view, policies.may_transfer)


def for_publishers(view: View) -> View:
    """As `for_managers`, for who publishes in the package."""
    return _handing_over(view, policies.may_release)


def _handing_over(view: View, policy: Policy) -> View:
    @wraps(view)
    def handle(request: HttpRequest, namespace: str, name: str, **rest: Any) -> HttpResponse:
        return view(request, package_to_change(request, namespace, name, policy), **rest)

    return login_required(handle)
