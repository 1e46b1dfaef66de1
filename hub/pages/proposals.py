"""The pages of proposals: the list, the conversation and what changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from assistants.models import UpdateProposal
from assistants.services import differences
from hub.actors import Actor
from hub.context import actor_of
from hub.pages import relations
from hub.pages.packages import frame
from registry import comparisons, lookups, policies, proposal_lookups
from registry.comparisons import FileChange
from registry.domain.diffs import Hunk, Line, Row
from registry.domain.versions import InvalidRange, InvalidVersion, Range, Version
from registry.forms.proposals import CommentForm, ReviewForm
from registry.kinds import KINDS
from registry.models import (
    Direction,
    Package,
    Proposal,
    ProposalComment,
    ProposalEvent,
    ProposalReview,
    ProposalRevision,
    ProposalState,
    Release,
    UpstreamProposal,
)
from registry.proposal_lookups import NEWEST
from registry.services import proposal_checks, proposal_events, proposal_reviews, proposals, sync_points
from registry.views.paging import page_or_404
from registry.views.proposals import address

PAGE_SIZE = 30
MAX_ASSISTANTS = 200
FILES_SECONDS = 24 * 3600
# What stands in the timeline as a line; comments and reviews stand there themselves.
LINES = ("opened", "revised", "closed", "reopened", "merged")


@require_safe
def proposal_list(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    """The proposals of a package: those under way, or all in one state."""
    actor = actor_of(request)
    found = lookups.package(actor, namespace, name)
    state = request.GET.get("state", ProposalState.OPEN)
    if state not in (*ProposalState.values, "all"):
        raise Http404
    rows = proposal_lookups.of_package(actor, found)
    rows = rows if state == "all" else rows.filter(state=state)
    rows = rows.annotate(is_by_hub=Exists(UpdateProposal.objects.filter(proposal=OuterRef("pk"))))
    context = frame(actor, found, "proposals") | {
        "page": page_or_404(request, rows, NEWEST, PAGE_SIZE),
        "state": state,
        "states": [*ProposalState.choices, ("all", "All")],
    }
    return render(request, "registry/proposal_list.html", context)


@require_safe
def proposal(request: HttpRequest, namespace: str, name: str, number: int) -> HttpResponse:
    """What is asked for and why, what the hub and people say about it, and what can be done with it."""
    actor = actor_of(request)
    found = proposal_lookups.proposal(actor, namespace, name, number)
    current = proposals.current_of(found)
    mine = actor.user is not None and found.author_id == actor.user.pk
    under_way = found.is_under_way
    context = _about(actor, found)
    may_release = context["may_release"]
    context |= {
        "timeline": timeline(found),
        "checks": proposal_checks.of(current) if under_way else [],
        "tally": proposal_reviews.standing(proposal=found) if found.is_open else None,
        "moved": under_way and proposals.has_moved(proposal=found),
        "affected": affected(actor, found.package, current.version) if under_way else None,
        "changes": proposal_lookups.changes(current),
        "between": differences.of_proposal(actor, found) if under_way and found.package.kind == "assistant" else None,
        "may_close": mine or (may_release and found.state != ProposalState.DRAFT),
        "comment_form": CommentForm(),
        "review_form": ReviewForm(initial={"revision": current.number}, auto_id="review_%s"),
        "is_muted": proposal_events.is_muted(user=actor.user, proposal=found) if actor.user else None,
    }
    return render(request, "registry/proposal_detail.html", context)


@require_safe
def proposal_files(request: HttpRequest, namespace: str, name: str, number: int) -> HttpResponse:
    """What a revision changes, for a client and line by line, with what was said about single lines."""
    actor = actor_of(request)
    found = proposal_lookups.proposal(actor, namespace, name, number)
    shown = proposal_lookups.revision(found, _number(request, "revision") or proposals.current_of(found).number)
    since_number = _number(request, "since")
    since = proposal_lookups.revision(found, since_number) if since_number else None
    context = _about(actor, found)
    said = list(_comments(found).filter(revision=shown).exclude(line=None)) if since is None else []
    talk = _Talk(request, found, shown, said, may=context["may_discuss"] and since is None)
    files = [
        {"name": one.name, "file": one.file, "hunks": [talk.hunk(one.name, hunk) for hunk in one.hunks]}
        for one in proposal_lookups.file_diffs(shown, since)
    ]
    context |= {
        "shown": shown,
        "since": since,
        "files": files,
        "elsewhere": [one for one in said if one.pk not in talk.placed],
        "revisions": list(found.revisions.order_by("-number").only("number", "version", "created_at")),
        "changes": proposal_lookups.changes(shown) if since is None else None,
        "before_label": _before_label(shown, since),
    }
    return render(request, "registry/proposal_files.html", context)


@dataclass(frozen=True)
class Entry:
    """One entry of the timeline: an event, a comment or a review."""

    kind: str
    at: Any
    row: ProposalEvent | ProposalComment | ProposalReview


def timeline(found: Proposal) -> list[Entry]:
    """What happened and was said, in order. Three queries."""
    events = found.events.filter(kind__in=LINES).select_related("actor")
    reviews = found.reviews.select_related("reviewer", "revision", "dismissed_by")
    entries = [Entry("event", row.at, row) for row in events]
    entries += [Entry("comment", row.created_at, row) for row in _comments(found)]
    entries += [Entry("review", row.created_at, row) for row in reviews]
    return sorted(entries, key=lambda entry: entry.at)


@dataclass(frozen=True)
class Affected:
    """The assistants that the reader may see and that contain the package: how many, and which would take the version."""

    count: int
    taking: Sequence[Package]


def affected(actor: Actor, package: Package, version: str) -> Affected:
    """Which assistants would take `version` at their next release. One query; of very many only the first are looked at."""
    rows = relations.users(actor, package).order_by("namespace__slug", "name")
    users = list(rows.defer(None).select_related("namespace", "latest_release")[: MAX_ASSISTANTS + 1])
    taking = [one for one in users[:MAX_ASSISTANTS] if _takes(one, str(package), version)]
    return Affected(len(users), taking)


def _takes(assistant: Package, package: str, version: str) -> bool:
    content = assistant.latest_release.content if assistant.latest_release else {}
    for items in content.values():
        for item in items if isinstance(items, list) else ():
            uses = str(item.get("uses", "")) if isinstance(item, dict) else ""
            name, _, wanted = uses.partition("@")
            if name.lower() == package and _prefers(wanted or "latest", assistant.locked_version, version):  # type: ignore[attr-defined]  # annotated by relations.users
                return True
    return False


def _prefers(wanted: str, locked: str, version: str) -> bool:
    try:
        new = Version.parse(version)
        best = Range.parse(wanted).best([Version.parse(locked), new])
    except (InvalidRange, InvalidVersion):
        return False
    return best is not None and str(best) == str(new)


class _Talk:
    """Puts what was said about lines below the rows of a diff, and the way to say something beside their numbers."""

    def __init__(
        self,
        request: HttpRequest,
        found: Proposal,
        shown: ProposalRevision,
        said: Iterable[ProposalComment],
        *,
        may: bool,
    ) -> None:
        self.request, self.found, self.shown, self.may = request, found, shown, may
        self.by_place: dict[tuple[str, str, int], list[ProposalComment]] = {}
        for comment in said:
            self.by_place.setdefault((comment.file, comment.side, comment.line or 0), []).append(comment)
        self.placed: set[int] = set()
        self.say_url = address(found, "proposal-comment")

    def hunk(self, file: str, hunk: Hunk) -> dict[str, Any]:
        """The hunk as `registry/_diff.html` takes it."""
        rows = [self._row(file, row) for row in hunk.rows]
        return {"rows": rows, "skipped": hunk.skipped, "coarse": hunk.coarse, "cut": hunk.cut}

    def _row(self, file: str, row: Row) -> dict[str, Any]:
        comments = self._at(file, "before", row.before) + self._at(file, "after", row.after)
        self.placed |= {comment.pk for comment in comments}
        # A line that stays is one line: it is commented on as it is after the change.
        before_url = self._url(file, "before", row.before) if row.state != "same" else ""
        return {
            "state": row.state,
            "before": row.before,
            "after": row.after,
            "before_url": before_url,
            "after_url": self._url(file, "after", row.after),
            "notes": self._notes(comments) if comments else "",
        }

    def _at(self, file: str, side: str, line: Line | None) -> list[ProposalComment]:
        return self.by_place.get((file, side, line.number), []) if line is not None else []

    def _url(self, file: str, side: str, line: Line | None) -> str:
        if not self.may or line is None:
            return ""
        return f"{self.say_url}?revision={self.shown.number}&file={file}&side={side}&line={line.number}"

    def _notes(self, comments: list[ProposalComment]) -> SafeString:
        context = {"comments": comments, "proposal": self.found, "package": self.found.package}
        context |= {"user": self.request.user, "may_discuss": self.may}
        return render_to_string("registry/_line_comments.html", context, self.request)


@dataclass(frozen=True)
class Carrying:
    """What a proposal carries between a fork and its upstream; `release` is None where the reader may not see from what."""

    into_fork: bool
    release: Release | None
    base: Release
    files: Sequence[FileChange]


def carrying(actor: Actor, found: Proposal) -> Carrying | None:
    """What a proposal carries, as far as the reader may see it. One query; for one that carries something, a few more."""
    carried = sync_points.carried_by(found)
    if carried is None:
        return None
    seen = Package.objects.visible_to(actor).filter(id=carried.release.package_id).exists()
    files: Sequence[FileChange] = ()
    if found.is_under_way and KINDS[found.package.kind].takes_files:
        files = _files_changed(carried, proposals.current_of(found).base)
    into_fork = carried.direction == Direction.INTO_FORK
    return Carrying(into_fork, carried.release if seen else None, carried.base, files)


def _files_changed(carried: UpstreamProposal, ours: Release | None) -> list[FileChange]:
    """What merging does to the files of a folder. They are unpacked and compared once, and not for each who looks."""
    key = f"carried-files:{carried.pk}:{ours.pk if ours else 0}"
    files: list[FileChange] | None = cache.get(key)
    if files is None:
        files = comparisons.files_changed(sync_points.beside(ours), sync_points.folder(carried, ours).files)
        cache.set(key, files, FILES_SECONDS)
    return files


def _about(actor: Actor, found: Proposal) -> dict[str, Any]:
    may_propose = bool(policies.may_propose(actor, found.package))
    mine = actor.user is not None and found.author_id == actor.user.pk
    return frame(actor, found.package, "proposals") | {
        "proposal": found,
        "revision": proposals.current_of(found),
        "carrying": carrying(actor, found),
        "update": UpdateProposal.objects.filter(proposal=found).first() if found.author_id is None else None,
        "is_mine": mine,
        "may_discuss": may_propose,
        "may_review": may_propose and not mine and found.is_open,
        "may_revise": may_propose and mine and found.is_under_way,
    }


def _comments(found: Proposal) -> Any:
    return found.comments.select_related("author", "revision", "resolved_by").order_by("id")


def _before_label(shown: ProposalRevision, since: ProposalRevision | None) -> str:
    if since is not None:
        return f"revision {since.number}"
    return shown.base.version if shown.base else "nothing"


def _number(request: HttpRequest, name: str) -> int | None:
    """A number of the query. Raises Http404 for what is none."""
    text = request.GET.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Http404
    return int(text)
