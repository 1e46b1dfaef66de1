"""How an assistant follows what it uses, over REST: its settings, its locks, and what is different between two."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from assistants.domain.updating import Merges, Mode
from assistants.models import MAX_AGE_HOURS, UpdateState
from assistants.services import differences, lock_history, updates
from hub.api import lists
from hub.api.problems import Problem
from hub.api.views import HubAPIView
from hub.domain.decisions import PermissionRefused, require
from registry import lookups, policies, proposal_lookups
from registry.api.errors import as_problems
from registry.models import Package

MOST = differences.MAX_NUMBER
MODES = [one.value for one in Mode]


class UpdatesInput(serializers.Serializer[Any]):
    """How an assistant shall follow what it uses from now on. What is left out is as in an assistant that nobody set up."""

    mode = serializers.ChoiceField(choices=MODES, required=False, default=Mode.LOCKED)
    min_age_hours = serializers.IntegerField(required=False, default=0, min_value=0, max_value=MAX_AGE_HOURS)
    proposes = serializers.BooleanField(required=False, default=True)
    beyond_range = serializers.BooleanField(required=False, default=False)
    merges = serializers.ChoiceField(choices=list(Merges), required=False, default=Merges.NONE)


class UpdatesOutput(serializers.Serializer[Any]):
    """How an assistant follows what it uses, and where it stands."""

    mode = serializers.ChoiceField(choices=MODES)
    min_age_hours = serializers.IntegerField(help_text="How old a release must be; a security fix need not be.")
    proposes = serializers.BooleanField(help_text="Whether the hub proposes updates.")
    beyond_range = serializers.BooleanField(help_text="Whether it proposes what a range leaves out, too.")
    merges = serializers.ChoiceField(choices=list(Merges), help_text="Which updates are merged by policy.")
    due_at = serializers.DateTimeField(
        allow_null=True, help_text="When it is looked at anew: soon after a publication, or when a cool-down ends."
    )
    problem = serializers.CharField(
        allow_null=True, help_text="What keeps it from being updated; for those who publish in it."
    )


class MoveOutput(serializers.Serializer[Any]):
    """One place that got another release; one side is empty where it came or went."""

    path = serializers.CharField()
    package = serializers.CharField()
    before = serializers.CharField(allow_blank=True)
    after = serializers.CharField(allow_blank=True)
    level = serializers.CharField()
    why = serializers.CharField(allow_blank=True)
    security_fix = serializers.BooleanField(required=False)


class LockEntryOutput(serializers.Serializer[Any]):
    """One lock of a release of an assistant."""

    version = serializers.CharField(source="lock.release.version", help_text="Of the assistant's release.")
    number = serializers.IntegerField(source="lock.number", help_text="Which of the locks of that release.")
    bundle = serializers.CharField(source="lock.bundle_id", help_text="Digest of the bundle.")
    created_at = serializers.DateTimeField(source="lock.created_at")
    superseded_at = serializers.DateTimeField(source="lock.superseded_at", allow_null=True)
    moved = MoveOutput(many=True)
    hidden_moves = serializers.IntegerField(source="hidden_count", help_text="Of packages that the caller may not see.")


class LockPage(serializers.Serializer[Any]):
    """A page of locks."""

    items = LockEntryOutput(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class DifferenceInput(serializers.Serializer[Any]):
    """Which two states: two locks, or (`proposal`) the lock in force and what a proposal would give."""

    to = serializers.CharField(required=False, default="latest", max_length=256, help_text="A version.")
    from_lock = serializers.IntegerField(required=False, min_value=1, max_value=MOST, help_text="The number of a lock.")
    to_lock = serializers.IntegerField(required=False, min_value=1, max_value=MOST)
    proposal = serializers.IntegerField(required=False, min_value=1, max_value=MOST, help_text="Instead of the others.")

    def get_fields(self) -> dict[str, Any]:
        """The fields; one of them is a word of Python's own."""
        first = serializers.CharField(required=False, default="latest", max_length=256, help_text="A version.")
        return {"from": first, **super().get_fields()}


class DifferenceOutput(serializers.Serializer[Any]):
    """One thing that came, went or changed for clients."""

    about = serializers.CharField(help_text="rule, prompt, tool, model, context, docs, data, secret or setting.")
    how = serializers.CharField(help_text="added, removed or changed.")
    name = serializers.CharField(allow_blank=True)
    words = serializers.CharField()
    details = serializers.ListField(child=serializers.CharField())
    look_closely = serializers.BooleanField()


class DifferencesOutput(serializers.Serializer[Any]):
    """What is different for clients."""

    before = serializers.CharField(allow_blank=True, help_text="Digest of the bundle before; empty if there is none.")
    after = serializers.CharField()
    moved = MoveOutput(many=True)
    differences = DifferenceOutput(many=True)


class UpdatesView(HubAPIView):
    """The settings of an assistant's updates."""

    @extend_schema(operation_id="assistants_updates_read", responses=UpdatesOutput)
    def get(self, request: Request, namespace: str, name: str) -> Response:
        """How the assistant follows what it uses."""
        return Response(self._body(lookups.package(self.actor, namespace, name, kind="assistant")))

    @extend_schema(operation_id="assistants_updates_configure", request=UpdatesInput, responses=UpdatesOutput)
    def put(self, request: Request, namespace: str, name: str) -> Response:
        """Decide how it follows. For those who manage it; what is merged by policy is merged in the caller's name."""
        package = lookups.package(self.actor, namespace, name, kind="assistant")
        require(policies.may_manage(self.actor, package))
        asked = self.read(UpdatesInput, request.data)
        try:
            with as_problems():
                updates.configure(by=self.actor, package=package, settings=updates.Settings(**asked))
        except updates.InvalidSettings as error:
            raise Problem(400, "invalid", str(error)) from None
        return Response(self._body(package))

    def _body(self, package: Package) -> dict[str, Any]:
        state = UpdateState.objects.filter(package=package).first()
        may_know = bool(policies.may_release(self.actor, package))
        about = {
            "due_at": state.due_at if state else None,
            "problem": (state.problem or None) if state and may_know else None,
        }
        return UpdatesOutput({**asdict(updates.settings_of(package)), **about}).data


class LockListView(HubAPIView):
    """The locks that an assistant has and had."""

    @extend_schema(operation_id="assistants_locks", parameters=[lists.PlaceInput], responses=LockPage)
    def get(self, request: Request, namespace: str, name: str) -> Response:
        """List the locks of all releases, newest first, each with what moved."""
        asked = self.read(lists.PlaceInput, request.query_params)
        package = lookups.package(self.actor, namespace, name, kind="assistant")
        page = lists.page_of(lock_history.of_package(self.actor, package), lock_history.NEWEST, asked)
        items = LockEntryOutput(lock_history.told(self.actor, page.items), many=True).data
        return Response({"items": items, "next": page.next_cursor, "previous": page.previous_cursor})


class DifferenceView(HubAPIView):
    """What is different for clients."""

    @extend_schema(operation_id="assistants_difference", parameters=[DifferenceInput], responses=DifferencesOutput)
    def get(self, request: Request, namespace: str, name: str) -> Response:
        """Rules, prompts, tools, models and secrets that came, went or changed between two locks, or by a proposal."""
        package = lookups.package(self.actor, namespace, name, kind="assistant")
        asked = self.read(DifferenceInput, request.query_params)
        if "proposal" in asked:
            found = differences.of_proposal(
                self.actor, proposal_lookups.of_number(self.actor, package, asked["proposal"])
            )
        else:
            before, after = (asked["from"], asked.get("from_lock")), (asked["to"], asked.get("to_lock"))
            with as_problems():
                found = differences.between_locks(self.actor, package, before, after)
        if found.refusal:
            raise PermissionRefused(found.refusal)
        return Response(found.as_json())
