"""Git sources of a namespace, over REST."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from hub import keyset
from hub.api import lists
from hub.api.problems import Problem
from hub.api.tokens import require_token
from hub.api.views import HubAPIView
from hub.domain.decisions import require
from hub.models import Namespace
from registry import lookups, policies
from registry.git.repository import MAX_BRANCH_LENGTH, MAX_FOLDER_LENGTH
from registry.models import GitSource, SyncEntry, SyncRun, Visibility
from registry.services import git_sources as services
from registry.services import git_syncs

NEWEST_RUNS = keyset.Order("sync-runs", ("-id",))
BY_PATH = keyset.Order("sync-entries", ("path", "id"))


class _SetupInput(serializers.Serializer[Any]):
    branch = serializers.CharField(
        max_length=MAX_BRANCH_LENGTH,
        required=False,
        allow_blank=True,
        help_text="Or a tag. Empty: the repository's own.",
    )
    folder = serializers.CharField(max_length=MAX_FOLDER_LENGTH, required=False, allow_blank=True)
    visibility = serializers.ChoiceField(choices=Visibility.choices, required=False, help_text="Of new packages.")
    interval_minutes = serializers.ChoiceField(
        choices=services.INTERVALS, required=False, help_text="0: only by hand and by webhook."
    )
    is_enabled = serializers.BooleanField(required=False)
    username = serializers.CharField(max_length=200, required=False, allow_blank=True, write_only=True)
    token = serializers.CharField(
        max_length=services.MAX_CREDENTIAL_LENGTH,
        required=False,
        allow_blank=True,
        write_only=True,
        help_text="A deploy token or password. Kept sealed, and never shown.",
    )


class GitSourceInput(_SetupInput):
    """A repository to connect."""

    url = serializers.CharField(max_length=services.MAX_URL_LENGTH, help_text="For cloning over https.")


class GitSourceChange(_SetupInput):
    """What to change; what is left out stays."""


class GitSourceOutput(serializers.Serializer[Any]):
    """A connected repository."""

    id = serializers.IntegerField()
    url = serializers.CharField()
    branch = serializers.CharField()
    folder = serializers.CharField()
    visibility = serializers.CharField()
    interval_minutes = serializers.IntegerField()
    is_enabled = serializers.BooleanField()
    stopped_because = serializers.CharField()
    has_credential = serializers.SerializerMethodField()
    connected_by = serializers.CharField(source="connected_by.username", allow_null=True, default=None)
    created_at = serializers.DateTimeField()
    last_commit = serializers.CharField()
    last_synced_at = serializers.DateTimeField(allow_null=True)
    next_sync_at = serializers.DateTimeField(allow_null=True)
    webhook_url = serializers.SerializerMethodField()

    def get_has_credential(self, source: GitSource) -> bool:
        """Whether a credential is kept."""
        return bool(source.credential)

    def get_webhook_url(self, source: GitSource) -> str:
        """Where the Git server has to send its webhook."""
        return services.hook_url(source)


class ConnectedOutput(GitSourceOutput):
    """A connected repository, with the secret of its webhook. This answer alone has it."""

    webhook_secret = serializers.CharField()


class GitSourceListOutput(serializers.Serializer[Any]):
    """All sources of a namespace: there are at most fifty."""

    items = GitSourceOutput(many=True)


class WebhookSecretOutput(serializers.Serializer[Any]):
    """A new secret. This answer alone has it."""

    webhook_url = serializers.CharField()
    webhook_secret = serializers.CharField()


class SyncRunOutput(serializers.Serializer[Any]):
    """One sync."""

    id = serializers.IntegerField()
    trigger = serializers.CharField()
    state = serializers.CharField(help_text="`queued`, `running`, `done` or `failed`.")
    requested_by = serializers.CharField(source="requested_by.username", allow_null=True, default=None)
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    commit_before = serializers.CharField()
    commit_after = serializers.CharField()
    done = serializers.IntegerField()
    total = serializers.IntegerField()
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="Entries by their outcome.")
    error = serializers.CharField()


class SyncRunPage(serializers.Serializer[Any]):
    """A page of syncs, the newest first."""

    items = SyncRunOutput(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class SyncEntryInput(lists.PlaceInput):
    """Which entries of a report."""

    outcome = serializers.ChoiceField(choices=SyncEntry.Outcome.choices, required=False)


class SyncEntryOutput(serializers.Serializer[Any]):
    """What became of one file, or of one item of a file."""

    path = serializers.CharField()
    kind = serializers.CharField()
    package = serializers.CharField()
    version = serializers.CharField()
    outcome = serializers.CharField()
    reason = serializers.CharField()
    line = serializers.IntegerField(allow_null=True)


class SyncEntryPage(serializers.Serializer[Any]):
    """A page of entries, by path."""

    items = SyncEntryOutput(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


@method_decorator(sensitive_post_parameters(), name="dispatch")
class GitSourceListView(HubAPIView):
    """The repositories that are connected to a namespace."""

    @extend_schema(operation_id="git_sources_list", responses=GitSourceListOutput)
    def get(self, request: Request, namespace: str) -> Response:
        """List them, for those who publish in the namespace."""
        rows = _visible(self, namespace).git_sources.select_related("connected_by")
        return Response({"items": GitSourceOutput(rows, many=True).data})

    @extend_schema(operation_id="git_sources_create", request=GitSourceInput, responses={201: ConnectedOutput})
    @method_decorator(sensitive_variables())
    def post(self, request: Request, namespace: str) -> Response:
        """Connect a repository. Takes a token of scope `manage`. The first sync is queued unless `is_enabled` is false."""
        found = _managed(self, namespace)
        asked = self.read(GitSourceInput, request.data)
        url, credential, setup = asked.pop("url"), _credential(asked), services.Setup(**asked)
        with _as_problems():
            made = services.connect(by=self.actor, namespace=found, url=url, setup=setup, credential=credential)
        body = GitSourceOutput(made.source).data | {"webhook_secret": made.webhook_secret}
        address = f"/api/v1/namespaces/{found.slug}/sources/{made.source.id}"
        return Response(body, status.HTTP_201_CREATED, headers={"Location": address, "Cache-Control": "no-store"})


@method_decorator(sensitive_post_parameters(), name="dispatch")
class GitSourceView(HubAPIView):
    """One connected repository."""

    @extend_schema(operation_id="git_sources_get", responses=GitSourceOutput)
    def get(self, request: Request, namespace: str, source_id: int) -> Response:
        """Show a source."""
        return Response(GitSourceOutput(_source(_visible(self, namespace), source_id)).data)

    @extend_schema(operation_id="git_sources_update", request=GitSourceChange, responses=GitSourceOutput)
    @method_decorator(sensitive_variables())
    def patch(self, request: Request, namespace: str, source_id: int) -> Response:
        """Change what is synced, when, or with which credential. Who does so answers for its syncs from now on."""
        source = _source(_managed(self, namespace), source_id)
        asked = self.read(GitSourceChange, request.data)
        credential = _credential(asked)
        kept = {name: getattr(source, name) for name in vars(services.Setup())}
        with _as_problems():
            setup = services.Setup(**(kept | asked))
            services.change(by=self.actor, source=source, setup=setup, credential=credential)
        return Response(GitSourceOutput(source).data)

    @extend_schema(
        operation_id="git_sources_delete", responses={204: OpenApiResponse(description="It is disconnected.")}
    )
    def delete(self, request: Request, namespace: str, source_id: int) -> Response:
        """Disconnect a source. Packages and releases stay."""
        source = _source(_managed(self, namespace), source_id)
        with _as_problems():
            services.disconnect(by=self.actor, source=source)
        return Response(status=status.HTTP_204_NO_CONTENT)


class WebhookSecretView(HubAPIView):
    """The secret of a source's webhook."""

    @extend_schema(operation_id="git_sources_rotate_secret", request=None, responses={201: WebhookSecretOutput})
    def post(self, request: Request, namespace: str, source_id: int) -> Response:
        """Make a new secret. The old one is refused at once."""
        source = _source(_managed(self, namespace), source_id)
        with _as_problems():
            made = services.rotate_secret(by=self.actor, source=source)
        body = {"webhook_url": services.hook_url(source), "webhook_secret": made.webhook_secret}
        return Response(body, status.HTTP_201_CREATED, headers={"Cache-Control": "no-store"})


class SyncRunListView(HubAPIView):
    """The syncs of a source."""

    @extend_schema(operation_id="git_syncs_list", parameters=[lists.PlaceInput], responses=SyncRunPage)
    def get(self, request: Request, namespace: str, source_id: int) -> Response:
        """List them, the newest first."""
        rows = _source(_visible(self, namespace), source_id).runs.select_related("requested_by")
        page = lists.page_of(rows, NEWEST_RUNS, self.read(lists.PlaceInput, request.query_params))
        return Response(lists.body_of(page, SyncRunOutput))

    @extend_schema(operation_id="git_syncs_create", request=None, responses={202: SyncRunOutput})
    def post(self, request: Request, namespace: str, source_id: int) -> Response:
        """Ask for a sync now. If one waits already, that one is it. Takes a token of scope `publish`."""
        source = _source(_visible(self, namespace), source_id)
        require_token(self.actor)
        run = git_syncs.ask(by=self.actor, source=source)
        address = f"/api/v1/namespaces/{source.namespace.slug}/sources/{source.id}/syncs/{run.id}"
        return Response(SyncRunOutput(run).data, status.HTTP_202_ACCEPTED, headers={"Location": address})


class SyncRunView(HubAPIView):
    """One sync."""

    @extend_schema(operation_id="git_syncs_get", responses=SyncRunOutput)
    def get(self, request: Request, namespace: str, source_id: int, run_id: int) -> Response:
        """Show how far a sync is, or how it ended."""
        return Response(SyncRunOutput(_run(self, namespace, source_id, run_id)).data)


class SyncEntryListView(HubAPIView):
    """The report of a sync."""

    @extend_schema(operation_id="git_sync_entries_list", parameters=[SyncEntryInput], responses=SyncEntryPage)
    def get(self, request: Request, namespace: str, source_id: int, run_id: int) -> Response:
        """List what became of each file, by path."""
        asked = self.read(SyncEntryInput, request.query_params)
        rows = SyncEntry.objects.filter(run=_run(self, namespace, source_id, run_id))
        if outcome := asked.get("outcome"):
            rows = rows.filter(outcome=outcome)
        return Response(lists.body_of(lists.page_of(rows, BY_PATH, asked), SyncEntryOutput))


def _visible(view: HubAPIView, slug: str) -> Namespace:
    """The namespace, for those who publish there. Raises Http404 for who does not belong to it."""
    found = lookups.namespace_to_publish_in(view.actor, slug)
    require(policies.may_see_sources(view.actor, found))
    return found


def _managed(view: HubAPIView, slug: str) -> Namespace:
    found = lookups.namespace_to_publish_in(view.actor, slug)
    require(policies.may_manage_sources(view.actor, found))
    require_token(view.actor)
    return found


def _source(namespace: Namespace, source_id: int) -> GitSource:
    source = get_object_or_404(namespace.git_sources.select_related("connected_by"), id=source_id)
    source.namespace = namespace
    return source


def _run(view: HubAPIView, slug: str, source_id: int, run_id: int) -> SyncRun:
    source = _source(_visible(view, slug), source_id)
    return get_object_or_404(source.runs.select_related("requested_by"), id=run_id)


def _credential(asked: dict[str, Any]) -> services.Credential | None:
    """The credential among what was sent, taken out of it; None if none was."""
    token, username = asked.pop("token", None), asked.pop("username", "")
    return None if token is None else services.Credential(token, username)


@contextmanager
def _as_problems() -> Iterator[None]:
    try:
        yield
    except services.InvalidSource as error:
        fault = {"field": error.field, "message": str(error)}
        raise Problem(400, "source_invalid", str(error), [fault]) from None
    except services.Exists as error:
        raise Problem(409, "source_exists", str(error)) from None
    except services.TooMany as error:
        raise Problem(409, "too_many", str(error)) from None
    except services.Gone:
        raise Http404 from None
