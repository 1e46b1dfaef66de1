"""The page that shows every component in every state: for people who build pages, and for the browser tests."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import YamlLexer

from hub.domain.charts import chart

MANIFEST: Final = """\
# What the audit assistant is made of
name: Audit
version: 1.4.0
schema: v1
models:
  - uses: starter/qwen3-coder@^1.0
    override:
      defaultCompletionOptions: {temperature: 0.1, maxTokens: 4096}
rules:
  - uses: starter/injection@1.2.0
  - name: Report
    rule: |
      Write one section per finding: where, why it matters, how to mend it.
env: &defaults
  strict: true
"""
DIGEST: Final = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


class SampleForm(forms.Form):
    """One field of each sort."""

    name = forms.CharField(help_text="Lower case letters, digits and hyphens.", max_length=64)
    summary = forms.CharField(required=False)
    kind = forms.ChoiceField(choices=[("rule", "Rule"), ("model", "Model")])
    visibility = forms.ChoiceField(
        choices=[("public", "Public"), ("internal", "Internal"), ("private", "Private")],
        widget=forms.RadioSelect,
        initial="internal",
    )
    scopes = forms.MultipleChoiceField(
        choices=[("read", "Read"), ("publish", "Publish")], widget=forms.CheckboxSelectMultiple, required=False
    )
    manifest = forms.CharField(widget=forms.Textarea, help_text="A config.yaml with one item.")
    readme = forms.FileField(required=False)
    owner = forms.CharField(disabled=True, initial="starter")
    expires = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    agree = forms.BooleanField(label="Publish at once")

    def clean(self) -> None:
        """Refuse an unticked box, to show a fault that belongs to no field."""
        if not self.cleaned_data.get("agree"):
            raise forms.ValidationError("A release cannot be changed once it is out.")


def _highlighted(source: str) -> SafeString:
    """Pygments escapes the source, so that its output is safe."""
    return mark_safe(highlight(source, YamlLexer(), HtmlFormatter(nowrap=True, hl_lines=[7])))


def components(request: HttpRequest) -> HttpResponse:
    """Render the components page."""
    for level, words in (
        (messages.INFO, "The import is under way."),
        (messages.SUCCESS, "Published starter/audit 1.4.0."),
        (messages.WARNING, "Your token expires tomorrow."),
        (messages.ERROR, "Version 1.4.0 exists already."),
    ):
        messages.add_message(request, level, words)
    now = timezone.now()
    context = {
        "kinds": ["assistant", "rule", "prompt", "skill", "mcp-server", "model", "docs", "data"],
        "visibilities": ["public", "internal", "private"],
        "statuses": ["latest", "prerelease", "fix", "security-fix", "yanked", "deprecated", "quarantined", "archived"],
        "variants": ["primary", "secondary", "quiet", "danger", "danger-solid"],
        "tones": ["info", "success", "warning", "danger"],
        "form": SampleForm(),
        "dialog_form": SampleForm(prefix="dialog"),
        "wrong_form": SampleForm({"name": "", "kind": "prompt", "visibility": "x"}, prefix="wrong"),
        "manifest": _highlighted(MANIFEST),
        "digest": DIGEST,
        "chart": chart([(now.date() - dt.timedelta(days=29 - number), number * number % 37) for number in range(30)]),
        "times": [now, now - dt.timedelta(hours=3), now - dt.timedelta(days=90), now + dt.timedelta(days=6)],
    }
    return render(request, "ui/components.html", context)
