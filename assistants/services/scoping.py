"""Assistants as somebody gets them: with what their organizations and teams lay over them.

Everything that hands out a bundle, a lock or a receipt by name asks here. What is answered is remembered for as long as
`hub.shortcache` says, under who asks (`Actor.authority`) and for which scope, so nobody is served somebody else's.
"""

from __future__ import annotations

import contextlib
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

from django.http import Http404

from assistants.domain import scopes
from assistants.domain.scopes import WHOLE, Asked
from assistants.models import Lock, lies_on
from assistants.services import fetching, overlaying, scoped_locks
from assistants.services.fetching import Found
from assistants.services.overlaying import Judged, Lying
from hub import shortcache
from hub.actors import Actor
from hub.domain.decisions import PermissionRefused
from registry.models import Release


class OverlayRequired(PermissionRefused):
    """A member asks for an assistant without something that an organization requires."""

    def __init__(self, one: Lying) -> None:
        name = f"“{one.package}”" if one.package else "an assistant"
        super().__init__(
            f"“{one.of}” requires {name} of its members' assistants: it cannot be left out. Ask without “scope”."
        )

    @property
    def code(self) -> str:
        """The last part of the problem's type over REST."""
        return "overlay_required"


class OverlayUnusable(PermissionRefused):
    """Something that an organization requires cannot be had now, so its members' assistants cannot, either."""

    @property
    def code(self) -> str:
        """The last part of the problem's type over REST."""
        return "overlay_unusable"


@dataclass(frozen=True)
class Standing:
    """What a scope does to one assistant: each of its overlays judged, and those that the caller may not leave out."""

    overlays: Sequence[Judged]
    withheld: Sequence[Lying] = ()

    @property
    def applied(self) -> list[Lying]:
        """The overlays that apply, in order."""
        return [one.lying for one in self.overlays if one.applies]

    def refusal(self) -> PermissionRefused | None:
        """Why the assistant is not handed out in this scope, if so."""
        if self.withheld:
            return OverlayRequired(self.withheld[0])
        broken = next((one.lying for one in self.overlays if one.is_broken), None)
        if broken is None:
            return None
        what = f"“{broken.package}”, which “{broken.of}” requires" if broken.package else f"What “{broken.of}” requires"
        return OverlayUnusable(f"{what} of its members' assistants, cannot be used now. {broken.refusal}")


def find(actor: Actor, namespace: str, name: str, version: str = "latest", scope: str = "") -> Found:
    """As `find_now`, but the answer may be up to `shortcache.TTL` seconds old. Warm, this asks the database nothing."""
    key = _key(actor, namespace, name, version, scope)
    return shortcache.decisions.get(key, lambda: find_now(actor, namespace, name, version, scope))


def remembered(actor: Actor, namespace: str, name: str, version: str = "latest", scope: str = "") -> Found | None:
    """What `find` would answer without asking the database; None if it would have to."""
    found: Found | None = shortcache.decisions.peek(_key(actor, namespace, name, version, scope))
    return found


def _key(actor: Actor, namespace: str, name: str, version: str, scope: str) -> Hashable:
    return "bundle", actor.authority, namespace, name, version, scope


def find_now(actor: Actor, namespace: str, name: str, version: str = "latest", scope: str = "") -> Found:
    """The lock that `version` names (`fetching.find_now`), as `scope` makes it: everything that lies on the caller if empty.

    Nothing more for somebody on whom nothing lies; where something does, three queries, and what `overlaying` says.
    Raises what `fetching.find_now` raises, Http404 for a scope that is not the caller's, OverlayRequired or OverlayUnusable.
    """
    asked = read(scope)
    plain = fetching.find_now(actor, namespace, name, version)
    return within(actor, plain, asked)


def read(scope: str) -> Asked:
    """The scope that a request names. Raises Http404 where it is nobody's."""
    try:
        return scopes.read(scope)
    except scopes.InvalidScope:
        raise Http404 from None


def within(actor: Actor, plain: Found, asked: Asked = WHOLE) -> Found:
    """What was found without any scope, as a scope makes it. Raises as `find_now`."""
    if not plain.is_laid_over and not asked.organization:
        return plain
    standing = standing_of(actor, plain.lock_id, plain.package_id, asked)
    if (refusal := standing.refusal()) is not None:
        raise refusal
    if not standing.applied:
        return plain
    found = _found(plain.lock_id, standing.applied)
    return replace(plain, lock_id=found.lock_id, bundle_digest=found.bundle_digest, is_public=False)


def standing_of(actor: Actor, lock_id: int, package_id: int, asked: Asked = WHOLE) -> Standing:
    """What a scope does to the assistant of a lock. Raises Http404 for a scope that is not the caller's."""
    lying = overlaying.lying_on(actor, asked)
    whole = lying if asked.is_whole else overlaying.lying_on(actor, WHOLE)
    extended = overlaying.extended_by([lock_id], lying)[lock_id]
    judged = overlaying.judge(lying, lock_id=lock_id, package_id=package_id, extended=extended)
    kept = {one.id for one in lying}
    required = [one for one in whole if one.is_required and one.id not in kept]
    withheld = [
        one.lying
        for one in overlaying.judge(required, lock_id=lock_id, package_id=package_id)
        if one.applies or one.is_broken
    ]
    return Standing(judged, withheld)


def pinned_manifest(actor: Actor, release: Release) -> str | None:
    """The manifest with exact versions of an assistant's release, in the caller's whole scope; None for other packages.

    Raises OverlayRequired or OverlayUnusable.
    """
    rows = Lock.objects.current().filter(release=release).annotate(is_laid_over=lies_on(actor))
    plain = rows.values_list("id", "pinned_manifest", "is_laid_over").first()
    if plain is None:
        return None
    number, manifest, is_laid_over = plain
    if not is_laid_over:
        return str(manifest)
    standing = standing_of(actor, number, release.package_id)
    if (refusal := standing.refusal()) is not None:
        raise refusal
    if not standing.applied:
        return str(manifest)
    found = _found(number, standing.applied)
    return str(Lock.objects.values_list("pinned_manifest", flat=True).get(id=found.lock_id))


def of_locks(actor: Actor, plain: Sequence[Lock]) -> list[Lock]:
    """Locks without any scope, as the caller's whole scope makes them; those that it refuses are left out.

    They have been asked whether anything lies on the caller (`is_laid_over`). As many queries for many as for one, once each
    has been asked for in this scope.
    """
    if not any(vars(one)["is_laid_over"] for one in plain):
        return list(plain)
    lying = overlaying.lying_on(actor, WHOLE)
    extended = overlaying.extended_by([one.pk for one in plain], lying)
    applied: dict[int, list[Lying]] = {}
    for one in plain:
        package = one.release.package_id
        standing = Standing(overlaying.judge(lying, lock_id=one.pk, package_id=package, extended=extended[one.pk]))
        if standing.refusal() is None:
            applied[one.pk] = standing.applied
    known = scoped_locks.known({base: overlays for base, overlays in applied.items() if overlays})
    numbers = []
    for base, overlays in applied.items():
        with contextlib.suppress(OverlayUnusable):
            numbers.append(known.get(base) or _found(base, overlays) if overlays else scoped_locks.Scoped(base, ""))
    rows = Lock.objects.select_related("bundle", "release__package__namespace").in_bulk(
        [one.lock_id for one in numbers]
    )
    return [rows[one.lock_id] for one in numbers]


def lock_of(base_id: int, overlays: Sequence[Lying]) -> int:
    """The lock of `base_id` with these overlays. Raises OverlayUnusable where they do not fit together."""
    return _found(base_id, overlays).lock_id


def _found(base_id: int, overlays: Sequence[Lying]) -> scoped_locks.Scoped:
    try:
        return scoped_locks.find(base_id, overlays)
    except scoped_locks.DoesNotFit as error:
        raise OverlayUnusable(str(error)) from None
