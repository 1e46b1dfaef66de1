"""How assistants follow what they use: settings and policies are deeds; what the hub does by itself is recorded as its own."""

from __future__ import annotations

from assistants.services import updates, usage_policies
from assistants.services.updates import Settings

READING = {
    "differences": {"between_locks", "of_proposal"},
    "lock_history": {"of_package", "told"},
    "update_proposals": {"under_way", "acting_for"},
    # What a run changes is recorded where it is done: a lock that moves, a proposal that is made.
    "update_runs": {"work", "work_due", "sweep"},
    "updates": {"settings_of"},
    "updating": {"bring_up_to_date", "note", "named"},
    "usage_policies": {"of"},
}
PARTS = {
    "update_proposals": {"offer", "withdraw"},
    "update_queue": {"releases_changed", "package_changed", "policy_changed", "look_again", "send"},
    "watchers": {"changed"},
}
DEEDS = {
    "updates.configure": lambda w: updates.configure(by=w.by, package=w.helper, settings=Settings(mode="floating")),
    "usage_policies.configure": lambda w: usage_policies.configure(
        by=w.by, organization=w.acme.organization, denied=["evil/*"]
    ),
}
