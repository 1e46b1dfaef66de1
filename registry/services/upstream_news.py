"""What those who publish in forks are told of their upstream: fixes, and quarantines."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from hub.actors import Actor
from hub.models import User
from hub.services import notifications
from registry import background, policies
from registry.models import NewsKind, Package, Release, SyncPoint, UpstreamNews

SUBJECT = "registry.fork"
FORKS_AT_ONCE = 50
MAX_RECIPIENTS = 200  # of one fork
_PATIENCE = timedelta(minutes=1)


def happened(package: Package, kind: NewsKind, release: Release | None = None) -> UpstreamNews:
    """Keep that something happened to a package, and have those who forked it told after the commit."""
    made = UpstreamNews.objects.create(package=package, release=release, kind=kind)
    transaction.on_commit(lambda: background.send("registry.tasks.tell_forks", news_id=made.pk))
    return made


def tell(*, news_id: int) -> bool:
    """Tell those who publish in the next forks. Returns whether there may be more forks to go on with.

    Each step is one transaction: what a worker leaves when it dies, the next one does again, and nobody hears it twice.
    """
    with transaction.atomic():
        rows = UpstreamNews.objects.select_for_update(of=("self",), skip_locked=True)
        news = rows.select_related("package__namespace", "release").filter(id=news_id, told_at=None).first()
        if news is None:
            return False
        forks = list(_concerned(news)[:FORKS_AT_ONCE]) if _still_so(news) else []
        for fork in forks:
            _tell_of(fork, news)
        is_last = len(forks) < FORKS_AT_ONCE
        UpstreamNews.objects.filter(id=news.id).update(
            told_up_to=forks[-1].pk if forks else news.told_up_to, told_at=timezone.now() if is_last else None
        )
        return not is_last


def untold() -> QuerySet[UpstreamNews]:
    """News whose telling was lost: the worker that had it is gone."""
    return UpstreamNews.objects.filter(told_at=None, at__lt=timezone.now() - _PATIENCE).order_by("id")


def readable(user: User, fork_ids: list[int]) -> set[int]:
    """Of which of the forks the person may still hear news of upstream: who reads the fork and knows the upstream."""
    if not user.is_active:
        return set()
    rows = Package.objects.filter(id__in=fork_ids)
    upstreams = Package.objects.filter(id__in=rows.values("upstream"))
    # With every proof that a sign-in can bring: what is told is read after signing in.
    holders = Package.objects.filter(Q(id__in=fork_ids) | Q(id__in=upstreams.values("id"))).exclude(
        namespace__organization=None
    )
    sso = frozenset(one for one in holders.values_list("namespace__organization_id", flat=True) if one is not None)
    by = Actor(user, sso=sso, second_factor=True)
    # Of a quarantined package people are told that it is quarantined, and nothing else.
    known = Package.objects.known_to(by).filter(id__in=upstreams.values("id")).values("id")
    return set(rows.visible_to(by).filter(upstream__in=known).values_list("id", flat=True))


def _concerned(news: UpstreamNews) -> QuerySet[Package]:
    """The forks that should know, from where the last step ended: a fix that they lack, or something bad that they have."""
    points = SyncPoint.objects.filter(package=OuterRef("id"))
    newest = points.order_by("-id").values("upstream_release__version_key")[:1]
    rows = Package.objects.present().filter(upstream=news.package, id__gt=news.told_up_to).select_related("namespace")
    if news.release is not None and news.kind == NewsKind.FIX:
        rows = rows.annotate(has=Subquery(newest)).filter(has__lt=news.release.version_key)
    elif news.release is not None:
        rows = rows.filter(sync_points__upstream_release=news.release)
    return rows.order_by("id")


def _still_so(news: UpstreamNews) -> bool:
    """Whether it is worth telling by now: a mark may be taken back, a release yanked, a quarantine lifted."""
    release = news.release
    if news.kind == NewsKind.QUARANTINE:
        return (release or news.package).is_quarantined
    return release is not None and release.is_fix and not (release.is_yanked or release.is_quarantined)


def _tell_of(fork: Package, news: UpstreamNews) -> None:
    people = [one for one in policies.publishers(fork)[:MAX_RECIPIENTS] if readable(one, [fork.pk])]
    if people:
        notifications.tell(people=people, note=_note(fork, news))


def _note(fork: Package, news: UpstreamNews) -> notifications.Note:
    release = news.release
    if release is not None and news.kind == NewsKind.FIX:
        kind, key = "upstream-fix", f"upstream-fix:{release.pk}:{fork.pk}"
        what = "security fix" if release.is_security_fix else "fix"
        title = f"{news.package} marks {release.version} as a {what}, which {fork} does not have yet"
        body = release.fix_note
    else:
        kind, key = "upstream-quarantine", f"upstream-quarantine:{news.pk}:{fork.pk}"
        thing = release or news.package
        title = f"{thing}, which {fork} was made from, is quarantined"
        body = thing.quarantine_reason
    return notifications.Note(
        kind=kind,
        key=key,
        title=title,
        body=body,
        url=f"/{fork}/upstream",
        subject_type=SUBJECT,
        subject_id=fork.pk,
    )
