"""Nothing leaks between scopes through a cache: people come and go, overlays change, two processes remember, time goes on.

What each is served is compared with a model that knows no database and no cache: who is where, what lies on whom, and what
the newest release of each assistant says. The process in which something changes serves the new at once; another one may
serve what was true at most `shortcache.TTL` seconds ago.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from assistants.models import Overlay
from assistants.services import overlays
from assistants.services.overlays import Setup
from hub import shortcache
from hub.actors import Actor
from hub.models import Organization, Team, User
from hub.services import accounts, organizations, service_accounts, teams, tokens
from hub.shortcache import TTL, ShortCache
from registry.models import Package
from registry.services import packages, releases

PEOPLE = ("ada", "bob", "cleo", "stranger")
ACTORS = (*PEOPLE, "machine", "anonymous")
# An organization, or a team of the first one.
PLACES = ("aorg", "aorg/xteam", "borg")
BASES = ("base-a", "base-b", "base-c")
ADDRESS = "/api/v1/assistants/maker/helper/bundle"


@dataclass
class Laid:
    """An overlay, as the model knows it."""

    row: Overlay
    place: str
    base: str
    mode: str
    position: int
    is_enabled: bool


@dataclass
class Model:
    """What is true, in plain values."""

    at: dict[str, set[str]] = field(default_factory=lambda: {"machine": {"aorg"}})
    laid: dict[int, Laid] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("helper", *BASES), 1))

    def on(self, actor: str) -> list[Laid]:
        """What lies on the actor, in order."""
        mine = [one for one in self.laid.values() if one.is_enabled and one.place in self.at.get(actor, set())]
        return sorted(mine, key=lambda one: (PLACES.index(one.place), one.position, one.row.id))

    def owners(self, actor: str) -> frozenset[str]:
        """The places whose overlays stand in what the actor gets."""
        return frozenset(one.place for one in self.on(actor))

    def texts(self, actor: str) -> tuple[str, ...]:
        """The rules of what the actor gets: what is required first, what is added last, each once."""
        lying = self.on(actor)
        names = [one.base for one in lying if one.mode == "required"] + ["helper"]
        names += [one.base for one in lying if one.mode == "added"]
        return tuple(f"{name} {self.versions[name]}" for name in dict.fromkeys(names))


class Scopes(RuleBasedStateMachine):
    """Organizations A (with a team) and B, three people, a service account of A, a stranger, somebody without an account."""

    overlay = Bundle("overlay")

    def __init__(self) -> None:
        super().__init__()
        self.steps = 0
        self.kept = shortcache.decisions
        self.now = 0.0
        self.processes = [ShortCache(clock=lambda: self.now) for _ in range(2)]
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.model = Model()
        self.past: dict[str, list[tuple[float, tuple[str, ...]]]] = {actor: [] for actor in ACTORS}
        self.owners: dict[str, set[frozenset[str]]] = {}
        self.client = Client()

    def teardown(self) -> None:
        """Forget everything."""
        shortcache.decisions = self.kept
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    @initialize()
    def found(self) -> None:
        """Found everything, with nobody anywhere."""
        self._be(0)
        self.root = Actor(self._person("chief"))
        maker = organizations.create(by=self.root, slug="maker", name="Maker")
        self.packages = {name: self._package(maker, name) for name in ("helper", *BASES)}
        self.places: dict[str, Organization] = {
            slug: organizations.create(by=self.root, slug=slug, name=slug) for slug in ("aorg", "borg")
        }
        self.team: Team = teams.create(by=self.root, organization=self.places["aorg"], slug="xteam", name="X")
        self.people = {name: self._person(name) for name in PEOPLE}
        secrets = {
            name: tokens.create(by=Actor(user), name="t", scopes=("read",)).secret for name, user in self.people.items()
        }
        account = service_accounts.create(by=self.root, organization=self.places["aorg"], name="ci", role="member")
        made = service_accounts.create_token(by=self.root, account=account, name="t", scopes=("read",))
        secrets["machine"] = made.secret
        self.headers = {name: {"Authorization": f"Bearer {secret}"} for name, secret in secrets.items()}
        for place, name in (
            ("aorg", "ada"),
            ("aorg/xteam", "ada"),
            ("borg", "bob"),
            ("aorg", "cleo"),
            ("borg", "cleo"),
        ):
            self.join(name, place)
        self.lay("aorg", "base-a", "required", 0)
        self.lay("aorg/xteam", "base-b", "added", 0)
        self.lay("borg", "base-c", "added", 0)

    @rule(name=st.sampled_from(PEOPLE[:3]), place=st.sampled_from(PLACES))
    def join(self, name: str, place: str) -> None:
        """Somebody comes into an organization or the team."""
        mine = self.model.at.setdefault(name, set())
        organization, _, team = place.partition("/")
        if place in mine or (team and organization not in mine):
            return
        self._change()
        if team:
            teams.add_member(by=self.root, team=self.team, user=self.people[name])
        else:
            organizations.add_member(
                by=self.root, organization=self.places[place], user=self.people[name], role="member"
            )
        mine.add(place)

    @rule(name=st.sampled_from(PEOPLE[:3]), place=st.sampled_from(PLACES))
    def leave(self, name: str, place: str) -> None:
        """Somebody goes; who leaves an organization leaves its teams."""
        mine = self.model.at.setdefault(name, set())
        if place not in mine:
            return
        self._change()
        if "/" in place:
            teams.remove_member(by=self.root, team=self.team, user=self.people[name])
        else:
            organizations.remove_member(by=self.root, organization=self.places[place], user=self.people[name])
        mine -= {one for one in mine if one == place or one.startswith(f"{place}/")}

    @rule(
        target=overlay,
        place=st.sampled_from(PLACES),
        base=st.sampled_from(BASES),
        mode=st.sampled_from(["added", "required"]),
        position=st.integers(0, 2),
    )
    def lay(self, place: str, base: str, mode: str, position: int) -> int:
        """An admin lays an assistant over those of the members; one that lies there is changed."""
        self._change()
        setup = Setup(mode=mode, position=position)
        there = next((one for one in self.model.laid.values() if (one.place, one.base) == (place, base)), None)
        if there is not None:
            overlays.change(by=self.root, overlay=there.row, setup=setup)
            there.mode, there.position, there.is_enabled = mode, position, True
            return int(there.row.id)
        organization, _, team = place.partition("/")
        row = overlays.add(
            by=self.root, organization=self.places[organization], package=self._fresh(base), setup=setup,
            team=self.team if team else None,
        )  # fmt: skip
        self.model.laid[row.id] = Laid(row, place, base, mode, position, is_enabled=True)
        return int(row.id)

    @precondition(lambda self: self.model.laid)
    @rule(number=overlay, removed=st.booleans())
    def lift(self, number: int, removed: bool) -> None:
        """An admin takes one away, or out of use."""
        laid = self.model.laid.get(number)
        if laid is None:
            return
        self._change()
        if removed:
            overlays.remove(by=self.root, overlay=laid.row)
            del self.model.laid[number]
        else:
            setup = Setup(mode=laid.mode, position=laid.position, is_enabled=False)
            overlays.change(by=self.root, overlay=laid.row, setup=setup)
            laid.is_enabled = False

    @rule(name=st.sampled_from(("helper", *BASES)))
    def publish(self, name: str) -> None:
        """A new release, of the assistant below or of one that lies over it."""
        self._change()
        self.model.versions[name] += 1
        self._publish(name)

    @rule(seconds=st.sampled_from([0.5, TTL - 0.5, TTL]))
    def wait(self, seconds: float) -> None:
        """Time goes on."""
        self.now += seconds

    @invariant()
    def all_are_served_theirs(self) -> None:
        """Whatever happened: everybody fetches by name, in one process after the other, the second time with another's digest."""
        if not hasattr(self, "headers"):
            return
        self.steps += 1
        seen = sorted(self.owners)
        for number, actor in enumerate(ACTORS):
            self._fetch(actor, self.steps % 2)
            if seen:
                self._fetch(actor, self.steps % 2, had=seen[(self.steps + number) % len(seen)])

    def _fetch(self, actor: str, process: int, had: str = "") -> None:
        self._be(process)
        allowed = {self.model.texts(actor)}
        if process == 1:
            allowed |= {texts for until, texts in self.past[actor] if self.now - until < TTL}
        headers = dict(self.headers.get(actor, {}))
        if had:
            headers["If-None-Match"] = f'"{had}"'
        answer = self.client.get(ADDRESS, headers=headers)
        if answer.status_code == 304:
            # The same without the digest that the caller had: what that stands for.
            assert answer["ETag"] == headers.pop("If-None-Match")
            again = self.client.get(ADDRESS, headers=headers)
            assert again["ETag"] == answer["ETag"]
            answer = again
        assert answer.status_code == 200, answer.content
        digest = "sha256:" + hashlib.sha256(answer.content).hexdigest()
        assert answer["ETag"] == f'"{digest}"'
        served = tuple(json.loads(answer.content)["config"]["rules"])
        assert served in allowed, (actor, process, served, allowed)
        if process == 0:
            owners = self.model.owners(actor)
            assert ("private" in answer["Cache-Control"]) == bool(owners)
            self.owners.setdefault(digest, set()).add(owners)

    @precondition(lambda self: self.owners)
    @rule(data=st.data())
    def fetch_by_digest(self, data: st.DataObject) -> None:
        """What somebody was served once is open by its digest to those whose scope it is, and to nobody else."""
        self._be(0)
        digest = data.draw(st.sampled_from(sorted(self.owners)))
        for actor in ACTORS:
            mine = self.model.at.get(actor, set())
            expected = 200 if any(owners <= mine for owners in self.owners[digest]) else 404
            answer = self.client.get(f"/api/v1/bundles/{digest}", headers=self.headers.get(actor, {}))
            assert answer.status_code == expected, (actor, self.owners[digest], mine)

    def _change(self) -> None:
        """Something changes now, in the first process: until now, what everybody is served was this."""
        self._be(0)
        for actor in ACTORS:
            self.past[actor].append((self.now, self.model.texts(actor)))

    def _be(self, process: int) -> None:
        shortcache.decisions = self.processes[process]

    def _person(self, name: str) -> User:
        return accounts.create(by=Actor(), user=User(username=name, email=f"{name}@example.com", password="!"))

    def _package(self, maker: Organization, name: str) -> Package:
        made = packages.create(
            by=self.root, namespace=maker.namespace, name=name, kind="assistant", visibility="public"
        )
        self._publish(name, made)
        return made

    def _publish(self, name: str, package: Package | None = None) -> None:
        number = self.model.versions[name]
        manifest = f"name: {name}\nversion: {number}.0.0\nschema: v1\nrules: ['{name} {number}']\n"
        made = package or self._fresh(name)
        releases.publish(by=self.root, package=made, version=f"{number}.0.0", manifest=manifest)

    def _fresh(self, name: str) -> Package:
        rows = Package.objects.select_related("namespace__organization", "latest_release")
        return rows.get(id=self.packages[name].id)


@pytest.mark.django_db
def test_nobody_is_served_what_is_another_s() -> None:
    run_state_machine_as_test(Scopes, settings=settings(max_examples=12, stateful_step_count=15, deadline=None))
