"""Shapes of proposals' input and output."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from hub.api import lists
from registry.domain.proposals import TEXT_MAX_LENGTH
from registry.models import Direction, ProposalFile, ProposalState, Side, Verdict
from registry.services.proposals import TITLE_MAX_LENGTH


def _text(*, required: bool = True, **options: Any) -> serializers.CharField:
    """A text whose blanks matter."""
    if not required:
        options |= {"required": False, "allow_blank": True}
    return serializers.CharField(trim_whitespace=False, **options)


class ProposalListInput(lists.PlaceInput):
    """Query of a list of proposals."""

    state = serializers.ChoiceField(
        choices=ProposalState.choices, required=False, help_text="Only those in this state."
    )


class ContentInput(serializers.Serializer[Any]):
    """What is asked for: the texts of the release to be."""

    version = serializers.CharField(max_length=64, help_text="A semantic version, such as `1.2.0`.")
    manifest = _text(help_text="config.yaml v1, or Markdown for a rule.")
    readme = _text(required=False, default="", help_text="Markdown.")
    changelog = _text(required=False, default="", help_text="Markdown.")


class ProposalInput(ContentInput):
    """A new proposal."""

    title = serializers.CharField(max_length=TITLE_MAX_LENGTH)
    message = _text(required=False, default="", max_length=TEXT_MAX_LENGTH, help_text="Why, in Markdown.")
    draft = serializers.BooleanField(default=False, help_text="Whether only you see it for now.")


class ProposalChangeInput(serializers.Serializer[Any]):
    """What to change about how a proposal is described."""

    title = serializers.CharField(max_length=TITLE_MAX_LENGTH, required=False)
    message = _text(required=False, max_length=TEXT_MAX_LENGTH)


class RevisionInput(ContentInput):
    """A new revision."""

    base = serializers.CharField(
        max_length=64, required=False, help_text="The version that it starts from; the one before's if left out."
    )


class CloseInput(serializers.Serializer[Any]):
    """How a proposal is closed."""

    superseded_by = serializers.IntegerField(
        required=False, min_value=1, max_value=2_000_000_000, help_text="The number of the one that takes its place."
    )


class MergeInput(serializers.Serializer[Any]):
    """What is merged: the revision that was looked at."""

    revision = serializers.IntegerField(min_value=1, max_value=1_000_000)


class SpotInput(serializers.Serializer[Any]):
    """A line of a revision's text."""

    revision = serializers.IntegerField(min_value=1, max_value=1_000_000)
    file = serializers.ChoiceField(choices=ProposalFile.choices)
    side = serializers.ChoiceField(choices=Side.choices)
    line = serializers.IntegerField(min_value=1, max_value=1_000_000)


class CommentInput(serializers.Serializer[Any]):
    """A comment."""

    text = _text(max_length=TEXT_MAX_LENGTH, help_text="Markdown.")
    spot = SpotInput(required=False, help_text="The line that it is about; none for the proposal as a whole.")


class CommentTextInput(serializers.Serializer[Any]):
    """Other words for a comment."""

    text = _text(max_length=TEXT_MAX_LENGTH, help_text="Markdown.")


class ResolvedInput(serializers.Serializer[Any]):
    """Whether a comment is dealt with."""

    resolved = serializers.BooleanField()


class ReviewInput(MergeInput):
    """A review of a revision."""

    verdict = serializers.ChoiceField(choices=Verdict.choices)
    text = _text(required=False, default="", max_length=TEXT_MAX_LENGTH, help_text="Markdown; what should change.")


class DismissInput(serializers.Serializer[Any]):
    """Why a review is dismissed."""

    reason = serializers.CharField(max_length=500)


class SubscriptionInput(serializers.Serializer[Any]):
    """Whether to hear of a proposal."""

    muted = serializers.BooleanField()


class RulesInput(serializers.Serializer[Any]):
    """What a package asks of proposals."""

    required_approvals = serializers.IntegerField(min_value=0, max_value=5)


class ProposalOutput(serializers.Serializer[Any]):
    """A proposal without its texts."""

    number = serializers.IntegerField()
    package = serializers.CharField(source="package.__str__")
    title = serializers.CharField()
    state = serializers.CharField(help_text="`draft`, `open`, `merged`, `closed` or `superseded`.")
    author = serializers.CharField(source="author.username", allow_null=True, default=None)
    version = serializers.CharField(source="current.version")
    base = serializers.CharField(source="current.base.version", allow_null=True, default=None)
    revision = serializers.IntegerField(source="current.number")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    decided_by = serializers.CharField(source="decided_by.username", allow_null=True, default=None)
    release = serializers.CharField(source="release.version", allow_null=True, default=None)
    superseded_by = serializers.IntegerField(source="superseded_by.number", allow_null=True, default=None)


class ApprovalsOutput(serializers.Serializer[Any]):
    """How far the reviews go."""

    approvals = serializers.IntegerField(help_text="Of people who publish here, for the current revision.")
    needed = serializers.IntegerField()
    changes_requested = serializers.BooleanField(help_text="Whether one of them asks for changes.")


class FaultOutput(serializers.Serializer[Any]):
    """Something wrong at a place."""

    message = serializers.CharField()
    mend = serializers.CharField()
    file = serializers.CharField()
    line = serializers.IntegerField()
    column = serializers.IntegerField()


class CheckOutput(serializers.Serializer[Any]):
    """What the hub says about a revision."""

    name = serializers.CharField()
    title = serializers.CharField()
    state = serializers.CharField(help_text="`passed`, `warned` or `failed`.")
    words = serializers.CharField()
    faults = FaultOutput(many=True)


class CarriesOutput(serializers.Serializer[Any]):
    """Which changes a proposal carries between a fork and its upstream."""

    direction = serializers.ChoiceField(choices=Direction.choices)
    package = serializers.CharField(allow_null=True, help_text="Of which package; null if the caller may not see it.")
    version = serializers.CharField(allow_null=True)


class ProposalDetailOutput(ProposalOutput):
    """A proposal with its texts and how far it is."""

    message = serializers.CharField()
    manifest = serializers.CharField(source="current.manifest")
    readme = serializers.CharField(source="current.readme")
    changelog = serializers.CharField(source="current.changelog")
    base_has_moved = serializers.BooleanField(help_text="Whether the package has another latest release by now.")
    reviews = ApprovalsOutput()
    checks = CheckOutput(many=True)
    carries = CarriesOutput(allow_null=True, help_text="What it carries between a fork and its upstream, if it does.")


class RevisionOutput(serializers.Serializer[Any]):
    """A revision without its texts."""

    number = serializers.IntegerField()
    version = serializers.CharField()
    base = serializers.CharField(source="base.version", allow_null=True, default=None)
    created_at = serializers.DateTimeField()


class RevisionDetailOutput(RevisionOutput):
    """A revision with its texts."""

    manifest = serializers.CharField()
    readme = serializers.CharField()
    changelog = serializers.CharField()


class CommentOutput(serializers.Serializer[Any]):
    """A comment."""

    id = serializers.IntegerField()
    author = serializers.CharField(source="author.username", allow_null=True, default=None)
    text = serializers.CharField()
    html = serializers.CharField(help_text="The text as safe HTML.")
    revision = serializers.IntegerField(source="revision.number", allow_null=True, default=None)
    file = serializers.CharField()
    side = serializers.CharField()
    line = serializers.IntegerField(allow_null=True)
    created_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField(allow_null=True)
    resolved_at = serializers.DateTimeField(allow_null=True)


class ReviewOutput(serializers.Serializer[Any]):
    """A review."""

    id = serializers.IntegerField()
    reviewer = serializers.CharField(source="reviewer.username")
    verdict = serializers.CharField()
    revision = serializers.IntegerField(source="revision.number")
    text = serializers.CharField()
    created_at = serializers.DateTimeField()
    dismissed_at = serializers.DateTimeField(allow_null=True)
    dismissal = serializers.CharField()


class ChangeOutput(serializers.Serializer[Any]):
    """What changes for a client."""

    what = serializers.CharField(help_text="`item`, `requirement`, `field`, `secret` or `input`.")
    how = serializers.CharField(help_text="`added`, `removed` or `changed`.")
    words = serializers.CharField()
    section = serializers.CharField()
    item = serializers.CharField()
    field = serializers.CharField()
    before = serializers.CharField()
    after = serializers.CharField()
    weighty = serializers.BooleanField(help_text="Whether it should be looked at closely.")


class DiffOutput(serializers.Serializer[Any]):
    """What a revision changes."""

    revision = serializers.IntegerField()
    base = serializers.CharField(allow_null=True)
    changes = ChangeOutput(many=True, help_text="None if one of the manifests is not valid.")
    files = serializers.DictField(child=serializers.CharField(), help_text="A unified diff for each text that differs.")


class MergedOutput(serializers.Serializer[Any]):
    """The current revision brought up to the package's latest release. Send it back as a revision on `base`."""

    base = serializers.CharField(allow_null=True)
    conflicts = serializers.IntegerField(help_text="Places between markers that have to be decided first.")
    manifest = serializers.CharField()
    readme = serializers.CharField()
    changelog = serializers.CharField()


class RulesOutput(serializers.Serializer[Any]):
    """What a package asks of proposals."""

    required_approvals = serializers.IntegerField()


class ProposalPage(serializers.Serializer[Any]):
    """A page of proposals, newest first."""

    items = ProposalOutput(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class RevisionPage(serializers.Serializer[Any]):
    """A page of revisions, newest first."""

    items = RevisionOutput(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class CommentPage(serializers.Serializer[Any]):
    """A page of comments, oldest first."""

    items = CommentOutput(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class ReviewPage(serializers.Serializer[Any]):
    """A page of reviews, oldest first."""

    items = ReviewOutput(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
