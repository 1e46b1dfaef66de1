"""Rows of deprecation, archiving, quarantine, reports, moderation and domains: `acme/retired` is all of it at once."""

from __future__ import annotations

from typing import Any

from django.core.cache import cache

from hub.actors import Actor
from hub.models import Organization
from hub.services import domains
from registry.models import Package
from registry.services import lifecycle, packages, quarantines, releases, reports
from tests.access.rows_hub import ORG, asks, call
from tests.access.rows_registry import IT, MACHINE, calling, changing
from tests.access.table import MANAGERS, NOBODY, PUBLISHERS, READERS, Row, page
from tests.conftest import RULE

RETIRED, LEAKY = {"name": "retired"}, {"name": "leaky"}
MESSAGE, REASON = {"message": "Use another one."}, {"reason": "It leaks."}
RELEASE = f"{IT}/releases/<str:version>"
NOT_THERE = dict.fromkeys(("stranger", "without_sso", "inside"), 404)
DOMAIN = f"{ORG}/domains/<int:domain_id>"


def furnish(owner: Actor, acme: Organization, parameters: dict[str, Any]) -> None:
    """What there is to take back, a report and a domain."""
    for name in ("retired", "leaky"):
        package = packages.create(by=owner, namespace=acme.namespace, name=name, kind="rule")
        manifest = RULE.format(title=name, version="1.0.0", text="Secret words.")
        release = releases.publish(by=owner, package=package, version="1.0.0", manifest=manifest)
        if name == "retired":
            lifecycle.deprecate(by=owner, package=package, message="Use another one.")
            lifecycle.archive(by=owner, package=package)
            lifecycle.deprecate_release(by=owner, release=release, message="Use another one.")
        else:
            quarantines.impose(by=owner, package=package, release=release, reason="It leaks.")
            quarantines.impose(by=owner, package=package, reason="It leaks.")
    claimed = domains.claim(by=owner, organization=acme, name="acme.example")
    # Somebody has just looked: no look of these tests goes out into the world.
    cache.set(f"domain-check:{claimed.id}", 1, 3600)
    retired = Package.objects.select_related("namespace").get(name="retired")
    report = reports.file(by=owner, package=retired, reason="It leaks.")
    parameters |= {"domain_id": claimed.id, "report_id": report.id}


def deed(route: str, through: frozenset[str], *audit: str, **more: Any) -> tuple[Row, Row]:
    """A page that asks about a private package, and then does it."""
    parameters = more.get("parameters", {})
    return (
        changing("GET", route, through, parameters=parameters),
        changing("POST", route, through, done=302, audit=audit, **more),
    )


PAGES = (
    *deed(f"{IT}/deprecate", MANAGERS, "registry.package.deprecate", data=MESSAGE),
    *deed(f"{IT}/undeprecate", MANAGERS, "registry.package.undeprecate", parameters=RETIRED),
    *deed(f"{IT}/archive", MANAGERS, "registry.package.archive"),
    *deed(f"{IT}/unarchive", MANAGERS, "registry.package.unarchive", parameters=RETIRED),
    *deed(f"{IT}/quarantine", MANAGERS, "registry.package.quarantine", data=REASON),
    *deed(f"{IT}/unquarantine", MANAGERS, "registry.package.unquarantine", parameters=LEAKY),
    *deed(f"{IT}/report", READERS, "registry.report.create", data=REASON),
    *deed(f"{RELEASE}/deprecate", PUBLISHERS, "registry.release.deprecate", data=MESSAGE),
    *deed(f"{RELEASE}/undeprecate", PUBLISHERS, "registry.release.undeprecate", parameters=RETIRED),
    *deed(f"{RELEASE}/quarantine", MANAGERS, "registry.release.quarantine", data=REASON),
    *deed(f"{RELEASE}/unquarantine", MANAGERS, "registry.release.unquarantine", parameters=LEAKY),
    *deed(f"{RELEASE}/report", READERS, "registry.report.create", data=REASON),
    # No actor of the table moderates the hub, and to everybody else these pages are not there.
    *(
        page("GET", route, NOBODY, others=NOT_THERE)
        for route in ("moderation", "moderation/packages", "moderation/releases")
    ),
    *(
        page(method, f"moderation/reports/<int:report_id>/{verb}", NOBODY, others=NOT_THERE)
        for verb in ("resolve", "dismiss")
        for method in ("GET", "POST")
    ),
    page("GET", f"{ORG}/domains", MANAGERS),
    page("POST", f"{ORG}/domains", MANAGERS, done=302, data={"domain": "new.example"}, audit=("hub.domain.create",)),
    page("GET", f"{DOMAIN}/check", MANAGERS, done=302),
    page("POST", f"{DOMAIN}/check", MANAGERS, done=302),
    *asks(f"{DOMAIN}/remove", MANAGERS, "hub.domain.delete"),
)

API = (
    calling("POST", f"packages/{IT}/deprecate", MANAGERS, data=MESSAGE, audit=("registry.package.deprecate",)),
    calling(
        "POST", f"packages/{IT}/undeprecate", MANAGERS, parameters=RETIRED, audit=("registry.package.undeprecate",)
    ),
    calling("POST", f"packages/{IT}/archive", MANAGERS, audit=("registry.package.archive",)),
    calling("POST", f"packages/{IT}/unarchive", MANAGERS, parameters=RETIRED, audit=("registry.package.unarchive",)),
    calling("POST", f"packages/{IT}/quarantine", MANAGERS, data=REASON, audit=("registry.package.quarantine",)),
    calling(
        "POST",
        f"packages/{IT}/unquarantine",
        MANAGERS,
        done=204,
        parameters=LEAKY,
        audit=("registry.package.unquarantine",),
    ),
    calling(
        "POST",
        f"packages/{IT}/reports",
        READERS,
        done=201,
        data={"reason": "It leaks.", "version": "1.0.0"},
        audit=("registry.report.create",),
    ),
    calling(
        "POST",
        f"packages/{RELEASE}/deprecate",
        PUBLISHERS | MACHINE,
        data=MESSAGE,
        audit=("registry.release.deprecate",),
    ),
    calling(
        "POST",
        f"packages/{RELEASE}/undeprecate",
        PUBLISHERS | MACHINE,
        parameters=RETIRED,
        audit=("registry.release.undeprecate",),
    ),
    calling("POST", f"packages/{RELEASE}/quarantine", MANAGERS, data=REASON, audit=("registry.release.quarantine",)),
    calling(
        "POST",
        f"packages/{RELEASE}/unquarantine",
        MANAGERS,
        done=204,
        parameters=LEAKY,
        audit=("registry.release.unquarantine",),
    ),
    call("GET", f"{ORG}/domains", MANAGERS),
    call("POST", f"{ORG}/domains", MANAGERS, "hub.domain.create", data={"domain": "new.example"}),
    call("GET", DOMAIN, MANAGERS),
    call("DELETE", DOMAIN, MANAGERS, "hub.domain.delete"),
    call("POST", f"{DOMAIN}/check", MANAGERS, done=429),
)

ROWS: tuple[Row, ...] = (*PAGES, *API)
