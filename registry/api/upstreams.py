"""A fork and its upstream over REST: how far behind it is, and proposals that carry changes each way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from hub import keyset
from hub.api.problems import Problem
from hub.api.views import HubAPIView
from hub.domain.decisions import require
from registry import lookups, policies, proposal_lookups
from registry.api.errors import as_problems
from registry.api.proposal_errors import proposal_problems
from registry.api.proposal_shapes import ChangeOutput, ProposalOutput
from registry.api.releases import NEWEST_FIRST
from registry.api.serializers import ReleaseListInput, UpstreamOutput
from registry.domain.proposals import TEXT_MAX_LENGTH
from registry.models import Package, Release
from registry.services import upstream_merges, upstreams
from registry.services.proposals import TITLE_MAX_LENGTH
from registry.services.upstream_merges import Carried
from registry.services.upstreams import Standing


class MissingReleaseOutput(serializers.ModelSerializer[Release]):
    """A release of upstream that the fork lacks."""

    class Meta:
        model = Release
        fields = ("version", "digest", "published_at", "changelog", "fix_note", "is_security_fix")


class MissingPage(serializers.Serializer[Any]):
    """A page of what is missing, newest first."""

    items = MissingReleaseOutput(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class StandingOutput(serializers.Serializer[Any]):
    """How far a fork is behind its upstream."""

    state = serializers.ChoiceField(
        choices=["current", "behind", "quarantined", "hidden"],
        help_text="`hidden`: upstream is gone, or the caller may not see it.",
    )
    upstream = UpstreamOutput(allow_null=True, help_text="What it was forked from, if the caller may see it.")
    has = serializers.CharField(allow_null=True, help_text="The newest release of upstream that it has taken in.")
    latest = serializers.CharField(allow_null=True, help_text="Upstream’s latest release.")
    ahead = serializers.IntegerField(help_text="How many releases are missing.")
    fixes = serializers.IntegerField(help_text="How many of them are marked as fixes.")
    releases = MissingPage()
    changes = ChangeOutput(many=True, help_text="What they change for a client, from `has` to `latest`.")
    proposal = serializers.IntegerField(allow_null=True, help_text="The proposal under way that merges them.")


class UpstreamMergeInput(serializers.Serializer[Any]):
    """What to take in."""

    version = serializers.CharField(
        max_length=64,
        required=False,
        default="",
        allow_blank=True,
        help_text="Up to this release; the latest if empty.",
    )


class ProposeBackInput(serializers.Serializer[Any]):
    """What to say with it."""

    title = serializers.CharField(max_length=TITLE_MAX_LENGTH, required=False, default="", allow_blank=True)
    message = serializers.CharField(
        max_length=TEXT_MAX_LENGTH, trim_whitespace=False, required=False, default="", allow_blank=True
    )


class CarriedOutput(serializers.Serializer[Any]):
    """What came of it."""

    proposal = ProposalOutput(allow_null=True, help_text="None where the fork had everything already, which is noted.")
    is_new = serializers.BooleanField(help_text="False for one that was under way.")
    conflicts = serializers.IntegerField(help_text="Places that somebody has to decide in the proposal.")
    has = serializers.CharField(allow_null=True, help_text="Up to which release it is noted now, without a proposal.")


class UpstreamView(HubAPIView):
    """What a fork lacks of its upstream."""

    @extend_schema(operation_id="upstream_read", parameters=[ReleaseListInput], responses=StandingOutput)
    def get(self, request: Request, namespace: str, name: str) -> Response:
        """How far the fork is behind, and what is missing. 404 for a package that is no fork."""
        asked = self.read(ReleaseListInput, request.query_params)
        package = _fork(self, namespace, name)
        found = upstreams.standing(by=self.actor, package=package)
        page = None
        if found.ahead and found.upstream and found.point:
            rows = upstreams.missing(found.upstream, found.point)
            with as_problems():
                page = keyset.paginate(rows, NEWEST_FIRST, limit=asked["limit"], cursor=asked.get("cursor") or None)
        missing = {
            "items": page.items if page else [],
            "next": page.next_cursor if page else None,
            "previous": page.previous_cursor if page else None,
        }
        return Response(StandingOutput(_body(found) | {"releases": missing}).data)


class UpstreamMergeView(HubAPIView):
    """Taking in what changed upstream."""

    @extend_schema(
        operation_id="upstream_merge",
        request=UpstreamMergeInput,
        responses={200: CarriedOutput, 201: CarriedOutput},
    )
    def post(self, request: Request, namespace: str, name: str) -> Response:
        """Propose in the fork what changed upstream. 200 for a proposal that was under way, or if nothing was missing."""
        package = _fork(self, namespace, name)
        require(policies.may_propose(self.actor, package))
        asked = self.read(UpstreamMergeInput, request.data)
        with _carrying():
            carried = upstream_merges.merge(by=self.actor, package=package, version=asked["version"])
        return _answer(self, carried)


class UpstreamProposeView(HubAPIView):
    """Giving back to upstream."""

    @extend_schema(
        operation_id="upstream_propose",
        request=ProposeBackInput,
        responses={200: CarriedOutput, 201: CarriedOutput},
    )
    def post(self, request: Request, namespace: str, name: str) -> Response:
        """Propose in the upstream what the fork changed. 200 for a proposal of yours that was under way."""
        package = _fork(self, namespace, name)
        require(policies.may_propose(self.actor, package))
        asked = self.read(ProposeBackInput, request.data)
        with _carrying():
            carried = upstream_merges.propose(by=self.actor, package=package, **asked)
        return _answer(self, carried)


def _fork(view: HubAPIView, namespace: str, name: str) -> Package:
    """The package, if it is a fork. Raises Http404."""
    package = lookups.package(view.actor, namespace, name)
    if not package.is_fork:
        raise Http404
    return package


def _body(found: Standing) -> dict[str, Any]:
    upstream, origin = found.upstream, found.forked_from
    known = upstream is not None and not found.is_quarantined
    state = "hidden" if found.is_hidden else "quarantined" if found.is_quarantined else "current"
    named = {"package": str(upstream), "version": origin.version, "digest": origin.digest} if origin else None
    return {
        "state": "behind" if found.ahead else state,
        "upstream": named if upstream else None,
        "has": found.has.version if found.has else None,
        "latest": upstream.latest_release.version if known and upstream and upstream.latest_release else None,
        "ahead": found.ahead,
        "fixes": found.fixes,
        "changes": found.changes,
        "proposal": found.under_way.number if found.under_way else None,
    }


def _answer(view: HubAPIView, carried: Carried) -> Response:
    proposal = carried.proposal
    shown = proposal and proposal_lookups.of_number(view.actor, proposal.package, proposal.number)
    body = {
        "proposal": shown,
        "is_new": carried.is_new,
        "conflicts": carried.conflicts,
        "has": carried.point.upstream_release.version if carried.point else None,
    }
    headers = {"Location": f"/api/v1/packages/{proposal.package}/proposals/{proposal.number}"} if proposal else {}
    done = status.HTTP_201_CREATED if carried.is_new else status.HTTP_200_OK
    return Response(CarriedOutput(body).data, done, headers=headers)


@contextmanager
def _carrying() -> Iterator[None]:
    try:
        with proposal_problems():
            yield
    except upstream_merges.NothingToCarry as error:
        raise Problem(409, "nothing_to_carry", str(error)) from None
