"""Rows of forks and of marks as fixes: `acme/forked` is private, and so is `acme/origin`, which it was forked from."""

from __future__ import annotations

from typing import Any

from hub.actors import Actor
from hub.models import Organization
from registry.models import Package
from registry.services import forks, packages, releases
from tests.access.rows_registry import IT, MACHINE, NEW, calling, changing, fetching, reading
from tests.access.table import PUBLISHERS, READERS, Row
from tests.conftest import RULE

FORKED, MENDED = {"name": "forked"}, {"name": "forked", "version": "1.1.0"}
RELEASE = f"{IT}/releases/<str:version>"
MARK, UNMARK = ("registry.release.mark-fix",), ("registry.release.unmark-fix",)
PROPOSED = ("registry.proposal.create",)
# A service account reads what its organization has, and proposes there too.
ASKERS = READERS | MACHINE


def furnish(owner: Actor, acme: Organization, parameters: dict[str, Any]) -> None:
    """A fork and its upstream; both have published since."""

    def publish(package: Package, version: str, fix: releases.Fix | None = None) -> None:
        manifest = RULE.format(title=package.name, version=version, text=f"Secret words of {version}.")
        releases.publish(by=owner, package=package, version=version, manifest=manifest, fix=fix)

    origin = packages.create(by=owner, namespace=acme.namespace, name="origin", kind="rule")
    publish(origin, "1.0.0")
    found = Package.objects.select_related("namespace", "latest_release").get(id=origin.pk)
    forked = forks.fork(by=owner, upstream=found, namespace=acme.namespace, name="forked")
    publish(origin, "1.1.0")
    publish(forked, "1.1.0", releases.Fix("A secret word."))


PAGES: tuple[Row, ...] = (
    reading(f"{IT}/upstream", parameters=FORKED),
    changing("POST", f"{IT}/upstream/merge", READERS, done=302, parameters=FORKED, audit=PROPOSED),
    changing("GET", f"{IT}/upstream/propose", READERS, parameters=FORKED),
    changing(
        "POST",
        f"{IT}/upstream/propose",
        READERS,
        done=302,
        parameters=FORKED,
        data={"title": "Better words"},
        audit=PROPOSED,
    ),
    changing("GET", f"{RELEASE}/fix", PUBLISHERS),
    changing("POST", f"{RELEASE}/fix", PUBLISHERS, done=302, data={"fixes": "A name leaked."}, audit=MARK),
    changing("GET", f"{RELEASE}/unfix", PUBLISHERS, parameters=MENDED),
    changing("POST", f"{RELEASE}/unfix", PUBLISHERS, done=302, parameters=MENDED, audit=UNMARK),
)
API: tuple[Row, ...] = (
    calling(
        "POST",
        f"packages/{IT}/fork",
        PUBLISHERS | MACHINE,
        done=201,
        data=NEW,
        audit=("registry.package.fork", "registry.release.publish"),
    ),
    fetching(f"packages/{IT}/upstream", parameters=FORKED),
    calling("POST", f"packages/{IT}/upstream/merge", ASKERS, done=201, parameters=FORKED, audit=PROPOSED),
    calling("POST", f"packages/{IT}/upstream/propose", ASKERS, done=201, parameters=FORKED, audit=PROPOSED),
    calling("POST", f"packages/{RELEASE}/fix", PUBLISHERS | MACHINE, data={"note": "A name leaked."}, audit=MARK),
    calling("DELETE", f"packages/{RELEASE}/fix", PUBLISHERS | MACHINE, parameters=MENDED, audit=UNMARK),
)
ROWS = PAGES + API
