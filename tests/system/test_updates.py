"""A floating assistant follows a publication through the broker and the worker of a real hub."""

from __future__ import annotations

import time
from typing import Any

from tests.system.hub import Hub
from tests.system.person import sign_up

SECONDS = 60  # the worker is told at once; were its message lost, the schedule would find the run within two minutes
RULE = "name: style\nversion: {version}\nschema: v1\nrules:\n  - name: style\n    rule: Text of {version}.\n"
ASSISTANT = "name: helper\nversion: 1.0.0\nschema: v1\nrules:\n  - uses: fiona/style@^1\n"


def test_clients_get_the_next_release_of_a_part_without_anybody_publishing_the_assistant(hub: Hub) -> None:
    person = sign_up(hub, "fiona")
    publishing, managing = person.make_token(scopes="publish"), person.make_token(scopes="manage")

    def post(path: str, body: dict[str, Any]) -> None:
        answer = hub.api("POST", path, body, token=publishing)
        assert answer.status == 201, answer.text

    def release(version: str) -> None:
        post("packages/fiona/style/releases", {"version": version, "manifest": RULE.format(version=version)})

    post("packages", {"namespace": "fiona", "name": "style", "kind": "rule", "visibility": "public"})
    release("1.0.0")
    post("packages", {"namespace": "fiona", "name": "helper", "kind": "assistant", "visibility": "public"})
    post("packages/fiona/helper/releases", {"version": "1.0.0", "manifest": ASSISTANT})
    answer = hub.api("PUT", "assistants/fiona/helper/updates", {"mode": "floating"}, token=managing)
    assert answer.status == 200, answer.text

    release("1.1.0")
    deadline = time.monotonic() + SECONDS
    while "Text of 1.1.0." not in hub.api("GET", "assistants/fiona/helper/bundle").text:
        assert time.monotonic() < deadline, "nothing moved"
    newest, oldest = hub.api("GET", "assistants/fiona/helper/locks").json()["items"]
    assert (newest["number"], newest["moved"][0]["after"], oldest["superseded_at"] is None) == (2, "1.1.0", False)
