"""Deeds on mirrors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hub.actors import Actor
from registry.services import mirrors

# What a run does are deeds on packages and releases, each of which says so itself.
READING = {"mirrors": {"due"}, "mirror_runs": {"handle", "follow", "asked_from"}}
DEEDS: dict[str, Callable[[Any], object]] = {
    "mirrors.create": lambda w: mirrors.create(
        by=w.by, namespace=w.acme, setup=mirrors.Setup("hub", "https://b.example.com")
    ),
    "mirrors.delete": lambda w: mirrors.delete(by=w.by, mirror=w.more["mirror"]),
    "mirrors.run_now": lambda w: mirrors.run_now(by=w.by, mirror=w.more["mirror"]),
    "mirrors.start_due": lambda w: mirrors.start_due(by=Actor(source="task")),
}


def furnish(world: Any) -> None:
    """A mirror that has not run yet."""
    setup = mirrors.Setup("hub", "https://a.example.com")
    world.more["mirror"] = mirrors.create(by=world.by, namespace=world.acme, setup=setup)
