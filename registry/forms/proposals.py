"""Proposing, commenting, reviewing, merging."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from registry.domain.proposals import TEXT_MAX_LENGTH
from registry.forms.fields import PLAIN, SourceField, version_field
from registry.forms.refusals import refusals_on
from registry.models import ProposalFile, Side, Verdict
from registry.models.proposals import MAX_REQUIRED_APPROVALS
from registry.services import proposal_comments, proposal_reviews, proposals
from registry.services.proposal_comments import Spot
from registry.services.proposal_texts import Content, InvalidText

VERDICTS = [
    (Verdict.APPROVE, _("Approve: it can be merged as it is")),
    (Verdict.REQUEST_CHANGES, _("Ask for changes: it must not be merged before I look again")),
]
MAX_NUMBER = 2_000_000_000


@contextmanager
def proposal_refusals_on(form: forms.BaseForm) -> Iterator[None]:
    """As `refusals_on`, for services about proposals."""
    try:
        with refusals_on(form):
            yield
    except (
        InvalidText,
        proposals.BaseMoved,
        proposals.NotReady,
        proposals.Stale,
        proposals.TooMany,
        proposals.WrongState,
        proposal_comments.Gone,
        proposal_comments.TooMany,
        proposal_reviews.Gone,
        proposal_reviews.NotOpen,
    ) as error:
        form.add_error(None, str(error))


def text_field(*, rows: int = 5, **options: Any) -> SourceField:
    """A field for Markdown that people write to each other."""
    return SourceField(rows=rows, max_length=TEXT_MAX_LENGTH, **options)


class ProposalForm(forms.Form):
    """A proposal: what is asked for, and why. It is about texts; the files beside a manifest stay as they are."""

    title = forms.CharField(
        label=_("Title"), max_length=proposals.TITLE_MAX_LENGTH, help_text=_("What changes, in one line.")
    )
    message = text_field(label=_("Message"), required=False, help_text=_("Markdown: why it should change."))
    version = version_field()
    manifest = SourceField(label=_("Manifest"))
    readme = SourceField(
        label=_("README"), rows=10, required=False, help_text=_("Markdown: what it is for, when to use it.")
    )
    changelog = SourceField(label=_("Changelog"), rows=4, required=False, help_text=_("Markdown: what is different."))
    draft = forms.BooleanField(label=_("Keep it as a draft that only I see, for now"), required=False)

    def content(self) -> Content:
        """The texts of the release to be."""
        names = ("version", "manifest", "readme", "changelog")
        return Content(**{name: self.cleaned_data[name] for name in names})


class ProposalEditForm(ProposalForm):
    """A new revision; `base` is the version that it starts from."""

    base = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        del self.fields["draft"]


class CommentForm(forms.Form):
    """What somebody says, maybe about one line."""

    text = text_field(label=_("Comment"), help_text=_("Markdown."))
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=MAX_NUMBER)
    file = forms.ChoiceField(widget=forms.HiddenInput, required=False, choices=ProposalFile.choices)
    side = forms.ChoiceField(widget=forms.HiddenInput, required=False, choices=Side.choices)
    line = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=MAX_NUMBER)

    def spot(self) -> Spot | None:
        """The line that it is about."""
        said = self.cleaned_data
        if not all(said.get(name) for name in ("revision", "file", "side", "line")):
            return None
        return Spot(said["revision"], said["file"], said["side"], said["line"])


class CommentEditForm(forms.Form):
    """Other words for a comment."""

    text = text_field(label=_("Comment"), help_text=_("Markdown."))


class ReviewForm(forms.Form):
    """A verdict on the revision that was looked at."""

    verdict = forms.ChoiceField(label=_("Verdict"), choices=VERDICTS, widget=forms.RadioSelect)
    text = text_field(
        label=_("What you found"), rows=4, required=False, help_text=_("Markdown. Needed if you ask for changes.")
    )
    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=MAX_NUMBER)


class MergeForm(forms.Form):
    """The revision that was looked at."""

    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=MAX_NUMBER)


class CloseForm(forms.Form):
    """What takes the place of a closed proposal."""

    superseded_by = forms.IntegerField(
        label=_("Superseded by number"),
        required=False,
        min_value=1,
        max_value=MAX_NUMBER,
        help_text=_("If another proposal takes its place."),
    )


class DismissForm(forms.Form):
    """Why a review counts no more."""

    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.TextInput)


class RulesForm(forms.Form):
    """What a package asks of proposals."""

    required_approvals = forms.IntegerField(
        label=_("Approvals needed"),
        min_value=0,
        max_value=MAX_REQUIRED_APPROVALS,
        help_text=_("Of people who publish here and did not write the proposal, before it can be merged."),
        widget=forms.NumberInput(PLAIN),
    )
