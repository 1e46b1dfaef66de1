"""A person's API tokens, and what the pages of service accounts share with them.

A token's secret is in one response only: the one to the form that made it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from hub import keyset
from hub.actors import Actor
from hub.context import actor_of, of_token
from hub.domain import tokens as domain
from hub.domain.decisions import PermissionRefused
from hub.forms.tokens import LimitsForm, RotateForm, TokenForm
from hub.models import ApiToken, Membership, Organization, TokenKind
from hub.policies import memberships, organizations
from hub.policies import tokens as policies
from hub.services import tokens as services
from hub.views.personal import page_of, personal, reauthenticated, signed_in

NEWEST = keyset.Order("tokens", ("-created_at", "-id"))


@dataclass(frozen=True)
class Row:
    """A token as a list shows it: its state, what took its place, and the organizations where it has no power, and why."""

    token: ApiToken
    state: domain.State
    successor: ApiToken | None
    powerless: list[tuple[Organization, str]]
    rotate_url: str
    revoke_url: str


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@reauthenticated
@sensitive_variables("made")
def tokens(request: HttpRequest) -> HttpResponse:
    """List tokens, and make one."""
    by, mine = actor_of(request), list(_memberships(request))
    open_to = organizations.visible_to(actor_of(request)).select_related("namespace").order_by("namespace__slug")
    form = TokenForm(
        request.POST if request.method == "POST" else None, organizations=open_to, confined=by.confined_to is not None
    )
    made = made_from(form, lambda: _make(by, form)) if form.is_valid() else None
    if made is not None:
        return _shown_once(request, made, mine)
    listed = page_of(request, with_successors(policies.visible_to(by)), NEWEST)
    context = {
        "form": form,
        "listed": listed,
        "rows": [_row(token, mine) for token in listed.items],
        "limited": [one.organization for one in mine if one.organization.token_max_days is not None],
    }
    return render(request, "hub/token_list.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@reauthenticated
@sensitive_variables("made")
def rotate(request: HttpRequest, token_id: int) -> HttpResponse:
    """Ask how long the old secret shall still work, and show the new one."""
    token = get_object_or_404(policies.visible_to(actor_of(request)), id=token_id)
    form = RotateForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        made = rotated(request, token, form)
        return redirect("tokens") if made is None else _shown_once(request, made, list(_memberships(request)))
    return rotation_page(request, token, form, reverse("tokens"))


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    """Ask, and then end a token."""
    token = get_object_or_404(policies.visible_to(actor_of(request)), id=token_id)
    return revoked(request, token, reverse("tokens"))


def made_from(form: LimitsForm, make: Callable[[], services.NewToken]) -> services.NewToken | None:
    """What `make` makes; None if it was refused, which is then an error of the form."""
    try:
        return make()
    except services.TooLong as error:
        form.refuse_life(str(error))
    except (services.InvalidToken, services.TooMany, PermissionRefused) as error:
        form.add_error(None, str(error))
    return None


def rotated(request: HttpRequest, token: ApiToken, form: RotateForm) -> services.NewToken | None:
    """The successor of `token`; None, with a message, if there is nothing to rotate (any more)."""
    try:
        return services.rotate(by=actor_of(request), token=token, overlap=form.overlap_wanted())
    except services.RotatedAlready:
        messages.warning(
            request,
            _(
                "“%(name)s” was rotated already, maybe by a second click. Its new secret was shown then. If nobody kept it,"
                " rotate the successor."
            )
            % {"name": token.name},
        )
    except services.NotInForce:
        messages.warning(request, _("“%(name)s” is over. Make a new token instead.") % {"name": token.name})
    except PermissionRefused as refusal:
        messages.error(request, str(refusal))
    return None


def rotation_page(request: HttpRequest, token: ApiToken, form: RotateForm, back: str) -> HttpResponse:
    """The page that asks how to rotate."""
    context = {
        "title": _("Rotate “%(name)s”?") % {"name": token.name},
        "body": _("A new secret is made with the same limits, and shown once. The old one ends when you say."),
        "form": form,
        "submit": _("Rotate it"),
        "cancel_url": back,
    }
    return render(request, "ui/confirm_page.html", context, status=422 if form.errors else 200)


def revoked(request: HttpRequest, token: ApiToken, back: str) -> HttpResponse:
    """Ask on GET; end `token` on POST and lead `back`."""
    if request.method != "POST":
        context = {
            "title": _("Revoke “%(name)s”?") % {"name": token.name},
            "body": _("Whatever uses this token is refused from now on. This cannot be taken back."),
            "submit": _("Revoke it"),
            "cancel_url": back,
        }
        return render(request, "ui/confirm_page.html", context)
    if services.revoke(by=actor_of(request), token=token):
        messages.success(request, _("“%(name)s” is revoked.") % {"name": token.name})
    else:
        messages.info(request, _("“%(name)s” had been revoked before.") % {"name": token.name})
    return redirect(back)


def with_successors(rows: QuerySet[ApiToken]) -> QuerySet[ApiToken]:
    """`rows` with what `state_of` and a list look at."""
    return services.with_authenticators(rows).select_related("organization", "user").prefetch_related("replacements")


def state_of(token: ApiToken) -> tuple[domain.State, ApiToken | None]:
    """The state of a token of `with_successors`, and the token that took its place."""
    successor = next(iter(token.replacements.all()), None)
    state = domain.state(
        revoked=token.revoked_at is not None,
        replaced=successor is not None,
        expires_at=token.expires_at,
        now=timezone.now(),
    )
    return state, successor


def obstacle_of(token: ApiToken, organization: Organization) -> str | None:
    """What keeps a token of `with_successors` from having power in `organization`; None for nothing."""
    return memberships.obstacle(of_token(token, source="browser"), organization)


@sensitive_variables("secret")
def environment_of(secret: str) -> str:
    """What a person sets for Continue's command line, as a shell and a `.env` file both take it."""
    variables = {
        "CONTINUE_API_BASE": f"{settings.BASE_URL}/",  # without the slash, the client drops the last part of a path
        "CONTINUE_API_KEY": secret,
        "CONTINUE_CLI_AUTO_UPDATED": "1",  # later versions talk to no hub
    }
    return "\n".join(f"export {name}={value}" for name, value in variables.items())


def _make(by: Actor, form: TokenForm) -> services.NewToken:
    asked = form.cleaned_data
    return services.create(
        by=by,
        name=asked["name"],
        scopes=asked["scopes"],
        patterns=asked["patterns"],
        organization=form.chosen_organization(),
        expires_at=form.expires_at(),
    )


@sensitive_variables("made", "context")
def _shown_once(request: HttpRequest, made: services.NewToken, mine: list[Membership]) -> HttpResponse:
    context = {
        "frame": "hub/settings_base.html",
        "token": made.token,
        "secret": made.secret,
        "powerless": _powerless(with_successors(ApiToken.objects.all()).get(id=made.token.id), mine),
        "environment": environment_of(made.secret),
        "assistant": settings.DEFAULT_ASSISTANT,
        "back_url": reverse("tokens"),
    }
    return render(request, "hub/token_created.html", context)


def _memberships(request: HttpRequest) -> QuerySet[Membership]:
    rows = Membership.objects.filter(user=signed_in(request), organization__deleted_at=None)
    return rows.select_related("organization__namespace").order_by("organization__namespace__slug")


def _row(token: ApiToken, mine: Iterable[Membership]) -> Row:
    state, successor = state_of(token)
    is_over = state in (domain.State.REVOKED, domain.State.EXPIRED)
    number = [token.id]
    rotatable = token.kind == TokenKind.PERSONAL and successor is None and not is_over
    return Row(
        token=token,
        state=state,
        successor=successor,
        powerless=[] if is_over else _powerless(token, mine),
        rotate_url=reverse("token-rotate", args=number) if rotatable else "",
        revoke_url=reverse("token-revoke", args=number) if token.is_in_force() else "",
    )


def _powerless(token: ApiToken, mine: Iterable[Membership]) -> list[tuple[Organization, str]]:
    """Where a token of the person has no power although the person belongs there; not where it was never meant to."""
    found = ((one.organization, obstacle_of(token, one.organization)) for one in mine)
    return [(organization, why) for organization, why in found if why is not None and why != "confined"]
