"""Proposals over REST."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from hub.api import lists
from hub.api.views import HubAPIView
from hub.domain.decisions import require
from registry import lookups, policies, proposal_lookups
from registry.api import proposal_shapes as shapes
from registry.api import serializers as release_shapes
from registry.api.proposal_errors import proposal_problems
from registry.domain import diffs
from registry.models import Package, Proposal, ProposalState
from registry.proposal_lookups import NEWEST, REVISIONS
from registry.services import proposal_checks, proposal_events, proposal_reviews, proposals, sync_points
from registry.services.proposal_texts import Content

TEXTS = ("version", "manifest", "readme", "changelog")


class ProposalListView(HubAPIView):
    """The proposals of a package."""

    @extend_schema(operation_id="proposals_list", parameters=[shapes.ProposalListInput], responses=shapes.ProposalPage)
    def get(self, request: Request, namespace: str, name: str) -> Response:
        """List proposals, newest first. Of drafts only the caller's own."""
        asked = self.read(shapes.ProposalListInput, request.query_params)
        rows = proposal_lookups.of_package(self.actor, lookups.package(self.actor, namespace, name))
        if state := asked.get("state"):
            rows = rows.filter(state=state)
        return Response(lists.body_of(lists.page_of(rows, NEWEST, asked), shapes.ProposalOutput))

    @extend_schema(
        operation_id="proposals_create", request=shapes.ProposalInput, responses={201: shapes.ProposalDetailOutput}
    )
    def post(self, request: Request, namespace: str, name: str) -> Response:
        """Propose a change of a package that the caller reads. Takes a token of scope `publish`."""
        package = lookups.package(self.actor, namespace, name)
        require(policies.may_propose(self.actor, package))
        asked = self.read(shapes.ProposalInput, request.data)
        with proposal_problems():
            made = proposals.create(
                by=self.actor,
                package=package,
                title=asked["title"],
                message=asked["message"],
                content=_content(asked),
                state=ProposalState.DRAFT if asked["draft"] else ProposalState.OPEN,
            )
        location = f"/api/v1/packages/{package}/proposals/{made.number}"
        return Response(detail(self, made), status.HTTP_201_CREATED, headers={"Location": location})


class ProposalBase(HubAPIView):
    """What is about one proposal."""

    def found(self, namespace: str, name: str, number: int) -> Proposal:
        """The proposal, if the caller may read it."""
        return proposal_lookups.proposal(self.actor, namespace, name, number)


class ProposalView(ProposalBase):
    """One proposal."""

    @extend_schema(operation_id="proposals_read", responses=shapes.ProposalDetailOutput)
    def get(self, request: Request, namespace: str, name: str, number: int) -> Response:
        """Read a proposal: its current texts, checks, and how far the reviews go."""
        return Response(detail(self, self.found(namespace, name, number)))

    @extend_schema(
        operation_id="proposals_update", request=shapes.ProposalChangeInput, responses=shapes.ProposalDetailOutput
    )
    def patch(self, request: Request, namespace: str, name: str, number: int) -> Response:
        """Change title and message. The author's; the texts change by a new revision."""
        found = self.found(namespace, name, number)
        require(policies.may_revise(self.actor, found))
        asked = self.read(shapes.ProposalChangeInput, request.data)
        words = {"title": asked.get("title", found.title), "message": asked.get("message", found.message)}
        with proposal_problems():
            proposals.describe(by=self.actor, proposal=found, **words)
        return Response(detail(self, self.found(namespace, name, number)))


class ProposalOpenView(ProposalBase):
    """Opening."""

    @extend_schema(operation_id="proposals_open", request=None, responses=shapes.ProposalDetailOutput)
    def post(self, request: Request, namespace: str, name: str, number: int) -> Response:
        """Show a draft to everybody who reads the package."""
        with proposal_problems():
            proposals.open_up(by=self.actor, proposal=self.found(namespace, name, number))
        return Response(detail(self, self.found(namespace, name, number)))


class ProposalCloseView(ProposalBase):
    """Closing."""

    @extend_schema(operation_id="proposals_close", request=shapes.CloseInput, responses=shapes.ProposalDetailOutput)
    def post(self, request: Request, namespace: str, name: str, number: int) -> Response:
        """End a proposal without merging it: its author, and who publishes in the package."""
        found = self.found(namespace, name, number)
        require(policies.may_close(self.actor, found))
        asked = self.read(shapes.CloseInput, request.data)
        with proposal_problems():
            proposals.close(by=self.actor, proposal=found, superseded_by=asked.get("superseded_by"))
        return Response(detail(self, self.found(namespace, name, number)))


class ProposalReopenView(ProposalBase):
    """Taking the closing back."""

    @extend_schema(operation_id="proposals_reopen", request=None, responses=shapes.ProposalDetailOutput)
    def post(self, request: Request, namespace: str, name: str, number: int) -> Response:
        """Open a closed proposal again."""
        with proposal_problems():
            proposals.reopen(by=self.actor, proposal=self.found(namespace, name, number))
        return Response(detail(self, self.found(namespace, name, number)))


class ProposalMergeView(ProposalBase):
    """Merging."""

    @extend_schema(
        operation_id="proposals_merge",
        request=shapes.MergeInput,
        responses={201: release_shapes.ReleaseDetailOutput},
    )
    def post(self, request: Request, namespace: str, name: str, number: int) -> Response:
        """Publish what the revision says. It has to be the current one, on the latest release, approved, its checks green."""
        found = self.found(namespace, name, number)
        require(policies.may_merge(self.actor, found))
        asked = self.read(shapes.MergeInput, request.data)
        with proposal_problems():
            release = proposals.merge(by=self.actor, proposal=found, revision=asked["revision"])
        return Response(release_shapes.ReleaseDetailOutput(release).data, status.HTTP_201_CREATED)


class RevisionListView(ProposalBase):
    """The revisions of a proposal."""

    @extend_schema(operation_id="proposal_revisions_list", parameters=[lists.PlaceInput], responses=shapes.RevisionPage)
    def get(self, request: Request, namespace: str, name: str, number: int) -> Response:
        """List revisions, newest first."""
        rows = self.found(namespace, name, number).revisions.select_related("base")
        page = lists.page_of(rows, REVISIONS, self.read(lists.PlaceInput, request.query_params))
        return Response(lists.body_of(page, shapes.RevisionOutput))

    @extend_schema(
        operation_id="proposal_revisions_create",
        request=shapes.RevisionInput,
        responses={201: shapes.RevisionDetailOutput},
    )
    def post(self, request: Request, namespace: str, name: str, number: int) -> Response:
        """Add a revision: the author's. Approvals of earlier ones count no more."""
        found = self.found(namespace, name, number)
        require(policies.may_revise(self.actor, found))
        asked = self.read(shapes.RevisionInput, request.data)
        with proposal_problems():
            made = proposals.revise(by=self.actor, proposal=found, content=_content(asked), base=asked.get("base"))
        return Response(shapes.RevisionDetailOutput(made).data, status.HTTP_201_CREATED)


class RevisionView(ProposalBase):
    """One revision."""

    @extend_schema(operation_id="proposal_revisions_read", responses=shapes.RevisionDetailOutput)
    def get(self, request: Request, namespace: str, name: str, number: int, revision: int) -> Response:
        """Read a revision with its texts."""
        shown = proposal_lookups.revision(self.found(namespace, name, number), revision)
        return Response(shapes.RevisionDetailOutput(shown).data)


class RevisionDiffView(ProposalBase):
    """What a revision changes."""

    @extend_schema(operation_id="proposal_revisions_diff", responses=shapes.DiffOutput)
    def get(self, request: Request, namespace: str, name: str, number: int, revision: int) -> Response:
        """Read what a revision changes: for a client, and line by line."""
        shown = proposal_lookups.revision(self.found(namespace, name, number), revision)
        files = {
            one.name: "".join(f"{sign}{line.text}\n" for hunk in one.hunks for sign, line in diffs.unified(hunk))
            for one in proposal_lookups.file_diffs(shown)
        }
        body = {
            "revision": shown.number,
            "base": shown.base.version if shown.base else None,
            "changes": proposal_lookups.changes(shown) or [],
            "files": files,
        }
        return Response(shapes.DiffOutput(body).data)


class ProposalUpdateView(ProposalBase):
    """Bringing a proposal up to date."""

    @extend_schema(operation_id="proposals_onto_latest", responses=shapes.MergedOutput)
    def get(self, request: Request, namespace: str, name: str, number: int) -> Response:
        """The current texts with what the latest release changed since; a conflict stands between markers."""
        found = self.found(namespace, name, number)
        merged = proposals.onto_latest(proposal=found)
        latest = found.package.latest_release
        body = {file: one.text for file, one in merged.items()} | {
            "base": latest.version if latest else None,
            "conflicts": sum(one.conflicts for one in merged.values()),
        }
        return Response(shapes.MergedOutput(body).data)


class ProposalSubscriptionView(ProposalBase):
    """Hearing of a proposal."""

    @extend_schema(
        operation_id="proposals_subscribe",
        request=shapes.SubscriptionInput,
        responses={204: OpenApiResponse(description="Noted.")},
    )
    def put(self, request: Request, namespace: str, name: str, number: int) -> Response:
        """Follow a proposal, or mute it."""
        found = self.found(namespace, name, number)
        require(policies.may_discuss(self.actor, found))
        muted = self.read(shapes.SubscriptionInput, request.data)["muted"]
        (proposal_events.mute if muted else proposal_events.follow)(by=self.actor, proposal=found)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ProposalRulesView(HubAPIView):
    """What a package asks of proposals."""

    @extend_schema(operation_id="proposal_rules_read", responses=shapes.RulesOutput)
    def get(self, request: Request, namespace: str, name: str) -> Response:
        """How many approvals a proposal needs."""
        return Response(shapes.RulesOutput(lookups.package(self.actor, namespace, name)).data)

    @extend_schema(operation_id="proposal_rules_update", request=shapes.RulesInput, responses=shapes.RulesOutput)
    def put(self, request: Request, namespace: str, name: str) -> Response:
        """Choose how many: for who manages the package."""
        package = lookups.package(self.actor, namespace, name)
        require(policies.may_manage(self.actor, package))
        count = self.read(shapes.RulesInput, request.data)["required_approvals"]
        with proposal_problems():
            proposals.set_required_approvals(by=self.actor, package=package, count=count)
        return Response({"required_approvals": count})


def detail(view: HubAPIView, found: Proposal) -> dict[str, Any]:
    """A proposal with how far it is."""
    revision = proposals.current_of(found)
    tally = proposal_reviews.standing(proposal=found)
    checks = [
        {
            "name": check.name,
            "title": str(check.label),
            "state": check.state,
            "words": str(check.words),
            "faults": [fault.as_json() for fault in check.faults],
        }
        for check in proposal_checks.of(revision)
    ]
    more = {
        "message": found.message,
        "manifest": revision.manifest,
        "readme": revision.readme,
        "changelog": revision.changelog,
        "base_has_moved": found.is_under_way and proposals.has_moved(proposal=found),
        "reviews": {
            "approvals": tally.approvals,
            "needed": tally.required,
            "changes_requested": bool(tally.blockers),
        },
        "checks": checks,
        "carries": _carries(view, found),
    }
    return {**shapes.ProposalOutput(found).data, **more}


def _carries(view: HubAPIView, found: Proposal) -> dict[str, Any] | None:
    carried = sync_points.carried_by(found)
    if carried is None:
        return None
    package = carried.release.package
    seen = Package.objects.visible_to(view.actor).filter(id=package.pk).exists()
    named = (
        {"package": str(package), "version": carried.release.version} if seen else {"package": None, "version": None}
    )
    return {"direction": carried.direction, **named}


def _content(asked: dict[str, Any]) -> Content:
    return Content(**{name: asked[name] for name in TEXTS})
