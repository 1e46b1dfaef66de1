"""Comments on proposals and reviews of them over REST."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from hub.api import lists
from hub.api.problems import Problem
from hub.domain.decisions import require
from registry import policies, proposal_lookups
from registry.api import proposal_shapes as shapes
from registry.api.proposal_errors import proposal_problems
from registry.api.proposals import ProposalBase
from registry.proposal_lookups import OLDEST
from registry.services import proposal_comments, proposal_reviews
from registry.services.proposal_comments import Spot


class CommentListView(ProposalBase):
    """The comments on a proposal."""

    @extend_schema(operation_id="proposal_comments_list", parameters=[lists.PlaceInput], responses=shapes.CommentPage)
    def get(self, request: Request, namespace: str, name: str, number: int) -> Response:
        """List comments, oldest first."""
        rows = self.found(namespace, name, number).comments.select_related("author", "revision")
        page = lists.page_of(rows, OLDEST, self.read(lists.PlaceInput, request.query_params))
        return Response(lists.body_of(page, shapes.CommentOutput))

    @extend_schema(
        operation_id="proposal_comments_create", request=shapes.CommentInput, responses={201: shapes.CommentOutput}
    )
    def post(self, request: Request, namespace: str, name: str, number: int) -> Response:
        """Comment on a proposal, or on one line of it."""
        found = self.found(namespace, name, number)
        require(policies.may_discuss(self.actor, found))
        asked = self.read(shapes.CommentInput, request.data)
        spot = Spot(**asked["spot"]) if "spot" in asked else None
        with proposal_problems():
            made = proposal_comments.add(by=self.actor, proposal=found, text=asked["text"], spot=spot)
        return Response(shapes.CommentOutput(made).data, status.HTTP_201_CREATED)


class CommentView(ProposalBase):
    """One comment."""

    @extend_schema(
        operation_id="proposal_comments_update", request=shapes.CommentTextInput, responses=shapes.CommentOutput
    )
    def patch(self, request: Request, namespace: str, name: str, number: int, comment_id: int) -> Response:
        """Change one's own comment."""
        found = self.found(namespace, name, number)
        comment = proposal_lookups.comment(found, comment_id)
        with proposal_problems():
            proposal_comments.edit(
                by=self.actor, comment=comment, text=self.read(shapes.CommentTextInput, request.data)["text"]
            )
        return Response(shapes.CommentOutput(proposal_lookups.comment(found, comment_id)).data)

    @extend_schema(operation_id="proposal_comments_delete", responses={204: OpenApiResponse(description="It is gone.")})
    def delete(self, request: Request, namespace: str, name: str, number: int, comment_id: int) -> Response:
        """Take a comment away: its author, and who manages the package."""
        comment = proposal_lookups.comment(self.found(namespace, name, number), comment_id)
        with proposal_problems():
            proposal_comments.delete(by=self.actor, comment=comment)
        return Response(status=status.HTTP_204_NO_CONTENT)


class CommentResolveView(ProposalBase):
    """Whether a comment is dealt with."""

    @extend_schema(
        operation_id="proposal_comments_resolve", request=shapes.ResolvedInput, responses=shapes.CommentOutput
    )
    def post(self, request: Request, namespace: str, name: str, number: int, comment_id: int) -> Response:
        """Mark a comment as dealt with, or take that back."""
        found = self.found(namespace, name, number)
        comment = proposal_lookups.comment(found, comment_id)
        resolved = self.read(shapes.ResolvedInput, request.data)["resolved"]
        act = proposal_comments.resolve if resolved else proposal_comments.unresolve
        act(by=self.actor, comment=comment)
        return Response(shapes.CommentOutput(proposal_lookups.comment(found, comment_id)).data)


class ReviewListView(ProposalBase):
    """The reviews of a proposal."""

    @extend_schema(operation_id="proposal_reviews_list", parameters=[lists.PlaceInput], responses=shapes.ReviewPage)
    def get(self, request: Request, namespace: str, name: str, number: int) -> Response:
        """List reviews, oldest first."""
        rows = self.found(namespace, name, number).reviews.select_related("reviewer", "revision")
        page = lists.page_of(rows, OLDEST, self.read(lists.PlaceInput, request.query_params))
        return Response(lists.body_of(page, shapes.ReviewOutput))

    @extend_schema(
        operation_id="proposal_reviews_create", request=shapes.ReviewInput, responses={201: shapes.ReviewOutput}
    )
    def post(self, request: Request, namespace: str, name: str, number: int) -> Response:
        """Approve the current revision, or ask for changes."""
        found = self.found(namespace, name, number)
        require(policies.may_review(self.actor, found))
        asked = self.read(shapes.ReviewInput, request.data)
        with proposal_problems():
            made = proposal_reviews.give(by=self.actor, proposal=found, **asked)
        return Response(shapes.ReviewOutput(made).data, status.HTTP_201_CREATED)


class ReviewDismissView(ProposalBase):
    """Dismissing a review."""

    @extend_schema(operation_id="proposal_reviews_dismiss", request=shapes.DismissInput, responses=shapes.ReviewOutput)
    def post(self, request: Request, namespace: str, name: str, number: int, review_id: int) -> Response:
        """Let a review count no more: who gave it, and who manages the package."""
        found = self.found(namespace, name, number)
        review = proposal_lookups.review(found, review_id)
        reason = self.read(shapes.DismissInput, request.data)["reason"]
        try:
            with proposal_problems():
                proposal_reviews.dismiss(by=self.actor, review=review, reason=reason)
        except ValueError as error:
            raise Problem(400, "text_invalid", str(error)) from None
        return Response(shapes.ReviewOutput(proposal_lookups.review(found, review_id)).data)
