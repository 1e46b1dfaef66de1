"""What the tests of updates share: publishing the next release, and letting the hub follow it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from assistants.models import Lock, UpdateProposal, UpdateRun
from assistants.services import update_runs, updates
from assistants.services.updates import Settings
from hub.actors import Actor
from registry.models import Package, Proposal, Release
from registry.services import releases
from tests.conftest import MANIFESTS


def publish(by: Actor, package: Package, version: str, *, text: str = "", **marks: Any) -> Release:
    """The next release of a block; `marks` are columns of it, as being a security fix."""
    words = text or f"Text of {package.name} {version}."
    manifest = MANIFESTS[package.kind].format(title=package.name, version=version, text=words)
    made = releases.publish(by=by, package=package, version=version, manifest=manifest)
    if marks:
        Release.objects.filter(id=made.pk).update(**marks)
    return made


def settle() -> None:
    """What the worker would do by now: every run, those that it causes, and every assistant whose time has come."""
    for _round in range(20):
        waiting = list(
            UpdateRun.objects.exclude(state=UpdateRun.State.DONE).order_by("id").values_list("id", flat=True)
        )
        if not waiting:
            break
        for run_id in waiting:
            update_runs.work(run_id=run_id, seconds=60)
    update_runs.work_due(seconds=60)


def floating(by: Actor, *assistants: Package, **more: Any) -> None:
    """Let assistants float."""
    for assistant in assistants:
        updates.configure(by=by, package=assistant, settings=Settings(mode="floating", **more))


def current(assistant: Package) -> Lock:
    """The lock in force of the latest release."""
    fresh = Package.objects.get(id=assistant.pk)
    return Lock.objects.current().get(release=fresh.latest_release_id)


def parts(assistant: Package) -> list[str]:
    """What it is made of now."""
    return [f"{one['package']}@{one['version']}" for one in current(assistant).document["requirements"]]


def proposals_of(assistant: Package, *states: str) -> list[Proposal]:
    """The hub's own proposals in a package."""
    rows = Proposal.objects.filter(package=assistant, update__isnull=False).select_related("current", "update")
    return list(rows.filter(state__in=states or ("open",)).order_by("number"))


def moved(rows: Iterable[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """Moves as (package, before, after)."""
    return [(row["package"], row["before"], row["after"]) for row in rows]


def update_of(proposal: Proposal) -> UpdateProposal:
    """What stands behind a proposal of the hub's own, as it is now."""
    return UpdateProposal.objects.get(proposal=proposal)
