"""Rows of proposals for `acme/hidden`, and of notifications."""

from __future__ import annotations

from typing import Any

from hub.actors import Actor
from hub.models import Notification, Organization
from registry.models import Package, Proposal
from registry.services import proposal_comments, proposal_reviews, proposals
from registry.services.proposals import Content
from tests.access.rows_registry import UNSEEN, calling, changing, fetching, reading
from tests.access.table import MANAGERS, PEOPLE, PUBLISHERS, READERS, Row, api, own, page
from tests.conftest import RULE

IT = "<str:namespace>/<str:name>"
ONE = f"{IT}/proposals/<int:number>"
API = f"packages/{ONE}"
MACHINE = frozenset({"service"})
OWNER = frozenset({"owner"})
MANIFEST = RULE.format(title="hidden", version="1.1.0", text="Better secret words.")
BETTER = Content("1.1.0", MANIFEST, changelog="Better.")
TEXTS = {"version": "1.2.0", "manifest": MANIFEST.replace("1.1.0", "1.2.0"), "readme": "", "changelog": "More."}
NEW = {"title": "Better", "message": "Because."} | TEXTS
# Proposals by their numbers: of the owner, a draft and a closed one of the owner, and one of an admin.
MINE, DRAFT, CLOSED, THEIRS = ({"number": number} for number in (1, 2, 3, 4))
CREATE, REVISE = ("registry.proposal.create",), ("registry.proposal.revise",)
MERGE = ("registry.release.publish", "registry.proposal.merge")
COMMENTER = {"text": "Hm."}
VERDICT = {"verdict": "approve", "revision": 1}
REASON = {"reason": "Out of date."}
# Who wrote a proposal does not review it; this one is an admin's.
NOT_ITS_AUTHOR = READERS - {"admin"}

PAGES: tuple[Row, ...] = (
    reading(f"{IT}/proposals"),
    reading(ONE, parameters=MINE),
    reading(f"{ONE}/files", parameters=MINE),
    changing("GET", f"{IT}/proposals/new", READERS),
    changing("POST", f"{IT}/proposals/new", READERS, done=302, data=NEW, audit=CREATE),
    changing("GET", f"{IT}/proposal-rules", MANAGERS),
    changing(
        "POST",
        f"{IT}/proposal-rules",
        MANAGERS,
        done=302,
        data={"required_approvals": 2},
        audit=("registry.proposal-rules.update",),
    ),
    changing("GET", f"{ONE}/edit", OWNER, parameters=MINE),
    changing(
        "POST",
        f"{ONE}/edit",
        OWNER,
        done=302,
        parameters=MINE,
        data=NEW,
        audit=(*REVISE, "registry.proposal.update"),
    ),
    changing(
        "POST",
        f"{ONE}/open",
        OWNER,
        done=302,
        others={"inside": 404},
        parameters=DRAFT,
        audit=("registry.proposal.open",),
    ),
    changing("GET", f"{ONE}/close", PUBLISHERS, parameters=MINE),
    changing("POST", f"{ONE}/close", PUBLISHERS, done=302, parameters=MINE, audit=("registry.proposal.close",)),
    changing("POST", f"{ONE}/reopen", PUBLISHERS, done=302, parameters=CLOSED, audit=("registry.proposal.reopen",)),
    changing("GET", f"{ONE}/merge", PUBLISHERS, parameters=MINE),
    changing("POST", f"{ONE}/merge", PUBLISHERS, done=302, parameters=MINE, data={"revision": 1}, audit=MERGE),
    changing("POST", f"{ONE}/follow", READERS, done=302, parameters=MINE, audit=("registry.proposal.follow",)),
    changing("GET", f"{ONE}/comment", READERS, parameters=MINE),
    changing(
        "POST",
        f"{ONE}/comment",
        READERS,
        done=302,
        parameters=MINE,
        data=COMMENTER,
        audit=("registry.proposal-comment.create",),
    ),
    changing("GET", f"{ONE}/comments/<int:comment_id>/edit", OWNER, parameters=MINE),
    changing(
        "POST",
        f"{ONE}/comments/<int:comment_id>/edit",
        OWNER,
        done=302,
        parameters=MINE,
        data=COMMENTER,
        audit=("registry.proposal-comment.update",),
    ),
    changing("GET", f"{ONE}/comments/<int:comment_id>/delete", MANAGERS, parameters=MINE),
    changing(
        "POST",
        f"{ONE}/comments/<int:comment_id>/delete",
        MANAGERS,
        done=302,
        parameters=MINE,
        audit=("registry.proposal-comment.delete",),
    ),
    changing(
        "POST",
        f"{ONE}/comments/<int:comment_id>/resolve",
        PUBLISHERS,
        done=302,
        parameters=MINE,
        audit=("registry.proposal-comment.resolve",),
    ),
    changing("GET", f"{ONE}/review", NOT_ITS_AUTHOR, parameters=THEIRS),
    changing(
        "POST",
        f"{ONE}/review",
        NOT_ITS_AUTHOR,
        done=302,
        parameters=THEIRS,
        data=VERDICT,
        audit=("registry.proposal-review.create",),
    ),
    changing("GET", f"{ONE}/reviews/<int:review_id>/dismiss", MANAGERS, parameters=THEIRS),
    changing(
        "POST",
        f"{ONE}/reviews/<int:review_id>/dismiss",
        MANAGERS,
        done=302,
        parameters=THEIRS,
        data=REASON,
        audit=("registry.proposal-review.dismiss",),
    ),
    page("GET", "notifications", PEOPLE),
    page("GET", "notifications/bell", PEOPLE),
    page("POST", "notifications/read", PEOPLE, done=302),
    own("POST", "notifications/<int:notification_id>/read", 302),
    page("GET", "settings/notifications", PEOPLE),
    page(
        "POST",
        "settings/notifications",
        PEOPLE,
        done=302,
        data=dict.fromkeys(
            (
                *("proposal-opened", "proposal-revised", "proposal-discussed", "proposal-reviewed", "proposal-decided"),
                *("upstream-fix", "upstream-quarantine"),
            ),
            "site",
        ),
        audit=("hub.notification-preferences.update",),
    ),
)

WRITERS = READERS | MACHINE
RELEASERS = PUBLISHERS | MACHINE
REST: tuple[Row, ...] = (
    fetching(f"packages/{IT}/proposals"),
    calling("POST", f"packages/{IT}/proposals", WRITERS, done=201, data=NEW, audit=CREATE),
    fetching(f"packages/{IT}/proposal-rules"),
    calling(
        "PUT",
        f"packages/{IT}/proposal-rules",
        MANAGERS,
        data={"required_approvals": 2},
        audit=("registry.proposal-rules.update",),
    ),
    fetching(API, parameters=MINE),
    calling(
        "PATCH",
        API,
        OWNER,
        parameters=MINE,
        data={"title": "Other words"},
        audit=("registry.proposal.update",),
    ),
    api(
        "POST",
        f"{API}/open",
        OWNER,
        others=UNSEEN | {"inside": 404, "service": 404},
        parameters=DRAFT,
        audit=("registry.proposal.open",),
    ),
    calling("POST", f"{API}/close", RELEASERS, parameters=MINE, audit=("registry.proposal.close",)),
    calling("POST", f"{API}/reopen", RELEASERS, parameters=CLOSED, audit=("registry.proposal.reopen",)),
    calling("POST", f"{API}/merge", RELEASERS, done=201, parameters=MINE, data={"revision": 1}, audit=MERGE),
    fetching(f"{API}/update", parameters=MINE),
    calling(
        "PUT",
        f"{API}/subscription",
        WRITERS,
        done=204,
        parameters=MINE,
        data={"muted": True},
        audit=("registry.proposal.mute",),
    ),
    fetching(f"{API}/revisions", parameters=MINE),
    calling("POST", f"{API}/revisions", OWNER, done=201, parameters=MINE, data=TEXTS, audit=REVISE),
    fetching(f"{API}/revisions/<int:revision>", parameters=MINE),
    fetching(f"{API}/revisions/<int:revision>/diff", parameters=MINE),
    fetching(f"{API}/comments", parameters=MINE),
    calling(
        "POST",
        f"{API}/comments",
        WRITERS,
        done=201,
        parameters=MINE,
        data=COMMENTER,
        audit=("registry.proposal-comment.create",),
    ),
    calling(
        "PATCH",
        f"{API}/comments/<int:comment_id>",
        OWNER,
        parameters=MINE,
        data=COMMENTER,
        audit=("registry.proposal-comment.update",),
    ),
    calling(
        "DELETE",
        f"{API}/comments/<int:comment_id>",
        MANAGERS,
        done=204,
        parameters=MINE,
        audit=("registry.proposal-comment.delete",),
    ),
    calling(
        "POST",
        f"{API}/comments/<int:comment_id>/resolve",
        RELEASERS,
        parameters=MINE,
        data={"resolved": True},
        audit=("registry.proposal-comment.resolve",),
    ),
    fetching(f"{API}/reviews", parameters=MINE),
    calling(
        "POST",
        f"{API}/reviews",
        NOT_ITS_AUTHOR | MACHINE,
        done=201,
        parameters=THEIRS,
        data=VERDICT,
        audit=("registry.proposal-review.create",),
    ),
    calling(
        "POST",
        f"{API}/reviews/<int:review_id>/dismiss",
        MANAGERS,
        parameters=THEIRS,
        data=REASON,
        audit=("registry.proposal-review.dismiss",),
    ),
    api("GET", "me/notifications", PEOPLE | MACHINE, others={"anonymous": 401}),
    api("POST", "me/notifications", PEOPLE | MACHINE),
    api("GET", "me/notification-preferences", PEOPLE | MACHINE, others={"anonymous": 401}),
    api(
        "PATCH",
        "me/notification-preferences",
        PEOPLE,
        data={"ways": {"proposal-opened": "site"}},
        audit=("hub.notification-preferences.update",),
    ),
)
ROWS = PAGES + REST


def furnish(owner: Actor, acme: Organization, parameters: dict[str, Any]) -> None:
    """Four proposals for `acme/hidden`, a comment, a review, and what the owner was told."""
    package = Package.objects.select_related("namespace").get(namespace=acme.namespace, name="hidden")
    admin = Actor(acme.memberships.select_related("user").filter(role="admin").first().user)  # type: ignore[union-attr]  # it has one

    def propose(by: Actor, state: str) -> Proposal:
        made = proposals.create(by=by, package=package, title="Better words", content=BETTER, state=state)
        return Proposal.objects.select_related("package__namespace", "current").get(id=made.id)

    mine, _draft, closed = (propose(owner, state) for state in ("open", "draft", "open"))
    theirs = propose(admin, "open")
    proposals.close(by=owner, proposal=closed)
    given = proposal_reviews.give(by=owner, proposal=theirs, verdict="approve", revision=1)
    told = Notification.objects.create(
        user=owner.user, kind="proposal-opened", key="k", title="Secret words", url="/", subject_type="x", subject_id=1
    )
    parameters |= {
        "number": mine.number,
        "revision": 1,
        "comment_id": proposal_comments.add(by=owner, proposal=mine, text="Secret words.").id,
        "review_id": given.id,
        "notification_id": told.id,
    }
