"""Deeds about Git sources."""

from __future__ import annotations

from typing import Any

from registry.services import git_sources, git_syncs

URL = "https://git.example.com/acme/rules.git"
READING = {
    "git_sources": {"checked_url", "place_of", "hook_url"},
    "git_syncs": {"actor_for"},
    "source_import": {"wanted"},
}
# A webhook and the schedule only queue; what a sync does is recorded at its end, and with every release.
PARTS = {"git_syncs": {"announce", "sweep", "work"}, "source_import": {"publish"}}


def furnish(world: Any) -> None:
    """A source of acme."""
    world.more["source"] = git_sources.connect(by=world.by, namespace=world.acme, url=URL).source


DEEDS = {
    "git_sources.connect": lambda w: git_sources.connect(
        by=w.by, namespace=w.acme, url="https://git.example.com/acme/other.git"
    ),
    "git_sources.change": lambda w: git_sources.change(
        by=w.by, source=w.more["source"], setup=git_sources.Setup(folder="ai")
    ),
    "git_sources.rotate_secret": lambda w: git_sources.rotate_secret(by=w.by, source=w.more["source"]),
    "git_sources.disconnect": lambda w: git_sources.disconnect(by=w.by, source=w.more["source"]),
    "git_syncs.ask": lambda w: git_syncs.ask(by=w.by, source=w.more["source"]),
}
