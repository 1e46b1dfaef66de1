"""Composing an assistant. Every button submits the whole form, and the answer is the form with the change made."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from assistants.domain import drafting
from assistants.forms.compose import MAX_PARTS, Choices, ComposeForm, Pick
from assistants.views import picking, previews
from hub.actors import Actor
from hub.context import actor_of
from hub.models import Namespace
from registry.forms.refusals import refusals_on
from registry.kinds import KINDS
from registry.models import Release
from registry.services import publications


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def compose(request: HttpRequest) -> HttpResponse:
    """Change the draft as the pressed button says, or publish it."""
    draft = Editing(actor_of(request), request.POST if request.method == "POST" else request.GET)
    publishes = draft.verb == "publish" and request.method == "POST"
    if publishes and draft.is_valid():
        with refusals_on(draft.bound):
            release = draft.publish()
            messages.success(request, _("Published %(release)s.") % {"release": release})
            address = reverse("package", args=[release.package.namespace.slug, release.package.name])
            return HttpResponseClientRedirect(address) if request.htmx else redirect(address)  # type: ignore[attr-defined]
    is_part = request.htmx.request_type == "partial"  # type: ignore[attr-defined]  # set by django_htmx's middleware
    template = "assistants/compose.html#composer" if is_part else "assistants/compose.html"
    response = render(request, template, draft.context(refused=publishes), status=422 if publishes else 200)
    patch_vary_headers(response, ["HX-Request", "HX-Request-Type"])
    return response


class Editing:
    """One submission of the form: what was there, with the change that the pressed button asks for."""

    def __init__(self, actor: Actor, data: QueryDict) -> None:
        self.actor, self.data = actor, data
        self.verb, _colon, self.word = data.get("do", "").partition(":")
        choices, added = Choices.read(data), data.getlist("add")[:MAX_PARTS]
        self.known = picking.packages(actor, {pick.package for pick in choices.picks} | {self.word, *added})
        for name in added:
            choices = choices.with_pick(self._pick(name))
        self.gone = [pick.package for pick in choices.picks if pick.package not in self.known]
        self.choices = self._changed(choices.only(set(self.known)))
        self.edits_yaml = self.verb == "yaml" or (self.verb != "form" and "manifest" in data)
        self.bound = ComposeForm(data, actor=actor, edits_yaml=self.edits_yaml)
        self.values = self.bound.values()
        is_written = self.edits_yaml and self.verb != "yaml"
        self.manifest = self.values.get("manifest", "") if is_written else self._generated()

    def is_valid(self) -> bool:
        """Whether it may be tried to publish this. A part that is gone must not be missed without a word."""
        if self.gone:
            self.bound.add_error(None, _("Parts were taken out because they are gone. Look at the rest, then publish."))
        return self.bound.is_valid()

    def publish(self) -> Release:
        """Publish what is in the form. Raises what `publish_new` raises."""
        values = {name: self.values[name] for name in ("namespace", "name", "version", "visibility")}
        return publications.publish_new(by=self.actor, kind="assistant", manifest=self.manifest, **values)

    def context(self, *, refused: bool) -> dict[str, Any]:
        """What the page shows."""
        form = (
            self.bound
            if refused
            else ComposeForm(initial=self._initial(), actor=self.actor, edits_yaml=self.edits_yaml)
        )
        query, kind = self.data.get("find", "").replace("\0", ""), self.data.get("kind", "")
        has_content = bool(self.choices.picks) or any(self.choices.rules) or self.edits_yaml
        return {
            "form": form,
            "gone": self.gone,
            "edits_yaml": self.edits_yaml,
            "sections": picking.grouped(self.choices, self.known),
            "picked": {pick.package for pick in self.choices.picks},
            "rules": self.choices.rules or ("",),
            "query": query,
            "kind": kind,
            "kinds": [KINDS[name] for name in picking.usable_kinds()],
            "results": [] if self.edits_yaml else picking.find(self.actor, query, kind),
            "preview": self._preview() if has_content else None,
        }

    def _preview(self) -> previews.Preview:
        namespace = self.values.get("namespace") or Namespace.objects.get(user=self.actor.user)
        return previews.make(self.actor, self.manifest, namespace=namespace, values=self.values)

    def _generated(self) -> str:
        sections = {name: picking.section_of(package) for name, package in self.known.items()}
        return drafting.manifest(self.choices.draft(self.values, sections))

    def _changed(self, choices: Choices) -> Choices:
        package = self.known.get(self.word)
        if self.verb == "rule":
            return choices.with_rule()
        if package is None:
            return choices
        among = [one.package for one in choices.picks if self.known[one.package].kind == package.kind]
        match self.verb:
            case "add":
                return choices.with_pick(self._pick(self.word))
            case "remove":
                return choices.without(self.word)
            case "up" | "down":
                return choices.moved(self.word, among, -1 if self.verb == "up" else 1)
        return choices

    def _pick(self, name: str) -> Pick:
        """A package in the range that is proposed: what is compatible with its latest release."""
        package = self.known.get(name)
        latest = package.latest_release if package else None
        return Pick(name, f"^{latest.version}" if latest else "")

    def _initial(self) -> dict[str, Any]:
        """What was typed, to be shown again without judging it before somebody publishes."""
        kept = {name: self.data[name] for name in ComposeForm.base_fields if name in self.data}
        return {"namespace": self.actor.label, **kept, "manifest": self.manifest}
