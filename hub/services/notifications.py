"""What people are told, in the site and by mail, in the ways that they chose.

Packages above register their kinds, and for each type of subject a function that says which subjects somebody may still
read: nobody hears, sees or is mailed anything about what is hidden from them by then.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from kombu.exceptions import OperationalError

from hub import keyset, mail
from hub.actors import Actor
from hub.domain.actions import HubAction
from hub.domain.decisions import PermissionRefused
from hub.models import Notification, NotificationPreference, User, Way
from hub.services import audit

logger = logging.getLogger(__name__)
NEWEST = keyset.Order("notifications", ("-id",))
MAX_COUNTED = 99
MAX_ATTEMPTS = 5
KEPT_FOR = timedelta(days=180)

type Readable = Callable[[User, list[int]], set[int]]


@dataclass(frozen=True)
class Kind:
    """One kind of thing that people are told, and how unless they choose otherwise."""

    name: str
    label: str | Promise
    default: Way = Way.BOTH


@dataclass(frozen=True)
class Note:
    """One thing to tell."""

    kind: str
    key: str
    title: str
    body: str
    url: str
    subject_type: str
    subject_id: int


class UnknownKind(ValueError):
    """There is no such kind of notification, or no such way."""


KINDS: dict[str, Kind] = {}
SUBJECTS: dict[str, Readable] = {}


def register_kind(kind: Kind) -> None:
    """Add a kind of notification (called from an AppConfig)."""
    KINDS[kind.name] = kind


def register_subject(name: str, readable: Readable) -> None:
    """Say how to ask which subjects of a type somebody may still read (called from an AppConfig)."""
    SUBJECTS[name] = readable


def tell(*, people: Sequence[User], note: Note) -> int:
    """Tell people something, each in their way, and each once. The caller has checked that they may know. Returns how many."""
    ways = _ways([person.pk for person in people], note.kind)
    rows = [_row(person, note, ways[person.pk]) for person in people if ways[person.pk] != Way.NONE]
    with transaction.atomic():
        Notification.objects.bulk_create(rows, ignore_conflicts=True)
        if any(row.mail_due for row in rows):
            transaction.on_commit(_queue)
    return len(rows)


def send_due(*, limit: int = 100) -> int:
    """Mail what is due, if its reader may still read what it is about. Returns how many mails a server took.

    Each row is locked while its mail is sent, so that two workers send it once; a worker that dies leaves it due.
    """
    sent = 0
    for _ in range(limit):
        with transaction.atomic():
            rows = Notification.objects.select_for_update(of=("self",), skip_locked=True).select_related("user")
            # One that could not be sent waits for the next round of the schedule.
            due = rows.filter(mail_due=True).order_by("mail_attempts", "id").first()
            if due is None:
                return sent
            taken = _mail(due)
            sent += bool(taken)
            attempts = due.mail_attempts + 1
            still = taken is False and attempts < MAX_ATTEMPTS and bool(settings.MAIL_HOST)
            Notification.objects.filter(id=due.id).update(mail_due=still, mail_attempts=attempts)
        if still:
            return sent
    return sent


def listed(*, user: User, unread: bool = False) -> QuerySet[Notification]:
    """What the person was told in the site."""
    rows = Notification.objects.filter(user=user, in_site=True)
    return rows.filter(read_at=None) if unread else rows


def unread_count(*, user: User) -> int:
    """How much is unread, counted up to `MAX_COUNTED` + 1. One query of an index."""
    return len(listed(user=user, unread=True).values_list("id")[: MAX_COUNTED + 1])


def readable(*, user: User, rows: Iterable[Notification]) -> set[int]:
    """The ids of those of `rows` whose subject the person may still read."""
    found: set[int] = set()
    by_type: dict[str, list[Notification]] = {}
    for row in rows:
        by_type.setdefault(row.subject_type, []).append(row)
    for name, group in by_type.items():
        asked = SUBJECTS.get(name)
        allowed = asked(user, sorted({row.subject_id for row in group})) if asked else set()
        found |= {row.pk for row in group if row.subject_id in allowed}
    return found


def mark_read(*, user: User, ids: Sequence[int] | None = None) -> int:
    """Note that the person has read some, or all. What somebody has read is in no log. Returns how many were unread."""
    rows = listed(user=user, unread=True)
    if ids is not None:
        rows = rows.filter(id__in=ids)
    return rows.update(read_at=timezone.now())


def preferences(*, user: User) -> list[tuple[Kind, Way]]:
    """Every kind with the way in which the person hears of it."""
    chosen = dict(NotificationPreference.objects.filter(user=user).values_list("kind", "way"))
    return [(kind, Way(chosen.get(name, kind.default))) for name, kind in KINDS.items()]


def prefer(*, by: Actor, ways: Mapping[str, str]) -> None:
    """Choose how to hear of some kinds. Raises PermissionRefused or UnknownKind."""
    if by.user is None or by.user.is_service:
        raise PermissionRefused("Sign in as a person to choose how you are told.")
    for kind, way in ways.items():
        if kind not in KINDS:
            raise UnknownKind(f"There is no kind of notification “{kind}”. Use one of: {', '.join(KINDS)}.")
        if way not in Way.values:
            raise UnknownKind(f"“{way}” is no way. Use one of: {', '.join(Way.values)}.")
    with transaction.atomic():
        for kind, way in ways.items():
            NotificationPreference.objects.update_or_create(user=by.user, kind=kind, defaults={"way": way})
        data = {"ways": dict(ways)}
        audit.record(by, HubAction.NOTIFICATIONS_PREFER, by.user, namespace=by.user.namespace, data=data)


def forget_old() -> int:
    """Delete what was told long ago. Returns how many rows."""
    return Notification.objects.filter(at__lt=timezone.now() - KEPT_FOR).delete()[0]


def _ways(user_ids: list[int], kind: str) -> dict[int, str]:
    default = KINDS[kind].default if kind in KINDS else Way.SITE
    rows = NotificationPreference.objects.filter(user__in=user_ids, kind=kind)
    return dict.fromkeys(user_ids, str(default)) | dict(rows.values_list("user_id", "way"))


def _row(person: User, note: Note, way: str) -> Notification:
    mailed = way in (Way.BOTH, Way.EMAIL) and bool(settings.MAIL_HOST) and bool(person.email)
    return Notification(
        user=person,
        kind=note.kind,
        key=note.key,
        title=_cut(note.title, 300),
        body=_cut(note.body, 1000),
        url=note.url,
        subject_type=note.subject_type,
        subject_id=note.subject_id,
        in_site=way in (Way.BOTH, Way.SITE),
        mail_due=mailed,
    )


def _cut(text: str, length: int) -> str:
    """At most so many characters, on one line: it becomes the subject of a mail too."""
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[: length - 1]}…"


def _mail(row: Notification) -> bool | None:
    """Whether a server took the mail; None if it must not be sent any more."""
    if not row.user.is_active or row.pk not in readable(user=row.user, rows=[row]):
        return None
    context = {
        "title": row.title,
        "body": row.body,
        "link": f"{settings.BASE_URL}{row.url}",
        "settings": f"{settings.BASE_URL}{reverse('notification-settings')}",
    }
    return mail.send("notification", row.user.email, context)


def _queue() -> None:
    try:
        current_app.send_task("hub.tasks.mail_notifications")
    except OperationalError:
        # The schedule mails them.
        logger.warning("The broker did not take the mailing of notifications.")
