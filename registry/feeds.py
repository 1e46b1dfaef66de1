"""Atom feeds of packages and releases: what a reader may see, newest first, the same bytes for the same rows."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape

from registry.models import Package, Release

MEDIA_TYPE = "application/atom+xml; charset=utf-8"
MAX_ENTRIES = 50
MAX_TEXT = 20_000
_NEVER = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


class SteadyFeed(Atom1Feed):
    """Says when its newest entry changed; with no entry a fixed time, where Django would say “now”."""

    def latest_post_date(self) -> dt.datetime:
        """The time of the newest entry."""
        return max((item["updateddate"] for item in self.items), default=_NEVER)


def of_packages(packages: Iterable[Package], *, title: str, address: str, page: str, identity: str) -> SteadyFeed:
    """The latest release of each of `packages`."""
    feed = _feed(title, address, page, identity)
    for package in packages:
        if package.latest_release is not None:
            _add(feed, package, package.latest_release, escape(package.summary), package.updated_at)
    return feed


def of_releases(package: Package, releases: Iterable[Release], *, address: str) -> SteadyFeed:
    """The releases of one package, each with what it changed; a yanked one says why."""
    feed = _feed(f"Releases of {package}", address, _package_page(package), f"package/{package.pk}")
    for release in releases:
        changes = release.changelog_html if 0 < len(release.changelog_html) <= MAX_TEXT else escape(package.summary)
        if release.is_fix:
            word = "Security fix" if release.is_security_fix else "Fix"
            changes = f"<p>{word}: {escape(release.fix_note)}</p>{changes}"
        if release.is_yanked:
            changes = f"<p>Yanked: {escape(release.yank_reason)}</p>{changes}"
        _add(feed, package, release, changes, release.yanked_at or release.published_at)
    return feed


def written(feed: SteadyFeed) -> tuple[bytes, str, int]:
    """The feed's bytes, their digest, and the time of its newest entry in seconds."""
    content = feed.writeString("utf-8").encode()
    return content, hashlib.sha256(content).hexdigest(), int(feed.latest_post_date().timestamp())


def tag(identity: str, made: dt.datetime = _NEVER) -> str:
    """An id that never changes, whatever the thing or the hub's path is called later (RFC 4151)."""
    return f"tag:{urlsplit(settings.BASE_URL).hostname},{made:%Y-%m-%d}:{identity}"


def _feed(title: str, address: str, page: str, identity: str) -> SteadyFeed:
    return SteadyFeed(
        title=title,
        link=settings.BASE_URL + page,
        description="",
        feed_url=settings.BASE_URL + address,
        feed_guid=tag(identity),
        language=settings.LANGUAGE_CODE,
    )


def _add(feed: SteadyFeed, package: Package, release: Release, text: str, changed: dt.datetime) -> None:
    feed.add_item(
        title=f"{package} {release.version}{_mark(release)}",
        link=settings.BASE_URL + reverse("release", args=[package.namespace.slug, package.name, release.version]),
        description=text,
        unique_id=tag(f"release/{release.pk}", release.published_at),
        pubdate=release.published_at,
        updateddate=changed,
        author_name=package.namespace.slug,
        categories=[package.kind, *package.tags],
    )


def _mark(release: Release) -> str:
    if release.is_yanked:
        return " (yanked)"
    if release.is_fix:
        return " (security fix)" if release.is_security_fix else " (fix)"
    return ""


def _package_page(package: Package) -> str:
    return reverse("package", args=[package.namespace.slug, package.name])
