"""What people are told of packages: the kinds, and whether somebody may still hear of one."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from hub.services import notifications
from hub.services.notifications import Kind
from registry.services import proposal_events, upstream_news

KINDS = (
    Kind("proposal-opened", _("Somebody proposes a change of a package that I manage")),
    Kind("proposal-revised", _("A proposal that I follow is revised")),
    Kind("proposal-discussed", _("Somebody comments on a proposal that I follow")),
    Kind("proposal-reviewed", _("Somebody approves a proposal that I follow, or asks for changes")),
    Kind("proposal-decided", _("A proposal that I follow is merged or closed")),
    Kind("upstream-fix", _("A package from which one that I publish in was forked marks a release as a fix")),
    Kind("upstream-quarantine", _("What a package that I publish in was forked from is quarantined")),
)


def register() -> None:
    """Make them known."""
    for kind in KINDS:
        notifications.register_kind(kind)
    notifications.register_subject(proposal_events.SUBJECT, proposal_events.readable)
    notifications.register_subject(upstream_news.SUBJECT, upstream_news.readable)
