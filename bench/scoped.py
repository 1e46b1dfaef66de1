"""Somebody on whom something lies: an organization with an overlay of its own, and one of a team's, over every assistant.

`python -m bench.scoped` makes them in the database that the hub's settings name, and prints the member's token as JSON.
"""
# ruff: noqa: PLC0415 - what makes them imports models, which works only once Django is set up

from __future__ import annotations

import json
import subprocess
import sys

from bench.catalogue import SENTENCE
from tests.system.hub import ROOT, Hub

MANIFEST = "name: {name}\nversion: 1.0.0\nschema: v1\nrules:\n{rules}"


def token_of(hub: Hub) -> str:
    """The token of a member of an organization and a team, each of which lays ten rules over every assistant."""
    command = [sys.executable, "-m", "bench.scoped"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT, env=hub.environment)
    return str(json.loads(done.stdout)["token"])


def main() -> None:
    """Make them in this process."""
    import django

    django.setup()
    from assistants.services import overlays
    from assistants.services.overlays import Setup
    from hub.actors import Actor
    from hub.models import User
    from hub.services import accounts, organizations, teams, tokens
    from registry.models import Package, Visibility
    from registry.services import packages, releases

    by = Actor(accounts.create(by=Actor(), user=User(username="bench-scoped", email="s@example.com", password="!")))
    organization = organizations.create(by=by, slug="bench-scopes", name="Bench")
    team = teams.create(by=by, organization=organization, slug="team", name="Team")
    teams.add_member(by=by, team=team, user=by.user)
    for name, whose, mode in (("house", None, "required"), ("tips", team, "added")):
        made = packages.create(
            by=by, namespace=organization.namespace, name=name, kind="assistant", visibility=Visibility.INTERNAL
        )
        rules = "".join(f"  - name: {name} {number}\n    rule: {SENTENCE * 2}\n" for number in range(10))
        manifest = MANIFEST.format(name=name, rules=rules)
        releases.publish(by=by, package=made, version="1.0.0", manifest=manifest)
        package = Package.objects.select_related("namespace", "latest_release").get(id=made.id)
        overlays.add(by=by, organization=organization, package=package, team=whose, setup=Setup(mode=mode))
    print(json.dumps({"token": tokens.create(by=by, name="bench", scopes=["read"]).secret}))


if __name__ == "__main__":
    main()
