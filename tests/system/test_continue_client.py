"""The unmodified Continue command-line client against a real hub and a model server on the loopback."""

from __future__ import annotations

import json
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support import npm
from tests.system import person
from tests.system.hub import Hub, ask
from tests.system.model_server import REPLY, ModelServer

pytestmark = pytest.mark.node

KEY = "sk-of-the-administrator"
RULE = "name: Terse\nversion: {version}\nschema: v1\nrules:\n  - name: Terse\n    rule: Answer as tersely as {version} asks.\n"
PROMPT = "name: Greet\nversion: 1.0.0\nschema: v1\nprompts:\n  - name: greet\n    prompt: Greet the reader warmly.\n"
MODEL = """\
name: {name}
version: 1.0.0
schema: v1
models:
  - name: {name}
    provider: openai
    model: {name}-model
    apiBase: {base}
    apiKey: "{key}"
    roles: [chat]
"""
ASSISTANT = """\
name: {name}
version: {version}
schema: v1
models:
  - uses: acme/{model}@^1.0
rules:
  - uses: acme/terse@^1.0
  - Sign every answer.
"""


@dataclass(frozen=True)
class Outcome:
    """How one run of the client ended."""

    code: int
    said: str
    all_output: str


@pytest.fixture(scope="session")
def publisher(hub: Hub) -> person.Person:
    """The first administrator, who founds acme and keeps a model's key in the hub."""
    administrator = person.by_link(hub)
    administrator.submit("/organizations/new", slug="acme", name="Acme")
    administrator.keep_secret("MODEL_KEY", KEY)
    return administrator


@pytest.fixture(scope="session")
def published(hub: Hub, publisher: person.Person, _model_server: ModelServer) -> None:
    """What the tests fetch. `hello` is released before and after a rule that it takes by range got a new version."""
    publish = _publisher(hub)
    base = _model_server.url
    publish("terse", "rule", "1.0.0", RULE.format(version="1.0.0"))
    publish("greet", "prompt", "1.0.0", PROMPT)
    publish("keyed", "model", "1.0.0", MODEL.format(name="keyed", base=base, key="${{ secrets.MODEL_KEY }}"))
    publish("keyless", "model", "1.0.0", MODEL.format(name="keyless", base=base, key="none"))
    publish("hello", "assistant", "1.0.0", ASSISTANT.format(name="Hello", version="1.0.0", model="keyed"))
    publish("terse", "rule", "1.1.0", RULE.format(version="1.1.0"))
    publish("hello", "assistant", "1.1.0", ASSISTANT.format(name="Hello", version="1.1.0", model="keyed"))
    publish("open", "assistant", "1.0.0", ASSISTANT.format(name="Open", version="1.0.0", model="keyless"))
    closed = ASSISTANT.format(name="Closed", version="1.0.0", model="keyless")
    publish("closed", "assistant", "1.0.0", closed, visibility="private")


@pytest.fixture(scope="session")
def stranger(hub: Hub) -> str:
    """The token of somebody who signed up and belongs to nothing."""
    return person.sign_up(hub, "stranger").make_token()


@pytest.fixture
def cn(hub: Hub, published: None, model_server: ModelServer, tmp_path: Path) -> Callable[..., Outcome]:
    """Runs the client: `cn("acme/hello", token=..., base=..., options=[...])`, in an empty home."""

    def run(
        config: str = "", *, token: str = "", base: str = "", options: tuple[str, ...] = (), **more: str
    ) -> Outcome:
        variables = {"CONTINUE_API_BASE": base or f"{hub.url}/", **more}
        if token:
            variables["CONTINUE_API_KEY"] = token
        chosen = ("--config", config) if config else ()
        done = subprocess.run(
            [*npm.continue_cli(), "-p", *chosen, *options, "say hi"],
            check=False,
            cwd=tmp_path,
            env=npm.continue_environment(tmp_path, **variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
        return Outcome(done.returncode, done.stdout.strip(), done.stdout + done.stderr)

    return run


def test_an_assistant_by_name_brings_its_rules_and_the_secret_kept_in_the_hub(
    cn: Callable[..., Outcome], hub: Hub, model_server: ModelServer
) -> None:
    outcome = cn("acme/hello", token=hub.first_run["token"])

    assert outcome.code == 0, outcome.all_output
    assert outcome.said == REPLY
    (asked,) = model_server.asked
    assert asked.authorization == f"Bearer {KEY}"
    assert asked.body["model"] == "keyed-model"
    assert "Answer as tersely as 1.1.0 asks." in asked.message("system")
    assert "Sign every answer." in asked.message("system")
    assert "say hi" in asked.message("user")


def test_a_version_is_what_it_was_when_it_was_released(
    cn: Callable[..., Outcome], hub: Hub, model_server: ModelServer
) -> None:
    outcome = cn("acme/hello@1.0.0", token=hub.first_run["token"])

    assert outcome.code == 0, outcome.all_output
    assert "Answer as tersely as 1.0.0 asks." in model_server.asked[0].message("system")
    assert "1.1.0" not in model_server.asked[0].message("system")


@pytest.mark.parametrize("name", ["acme/closed", "acme/nothing"])
def test_a_stranger_is_refused_with_a_message_that_the_client_shows(
    cn: Callable[..., Outcome], stranger: str, model_server: ModelServer, name: str
) -> None:
    outcome = cn(name, token=stranger)

    assert outcome.code == 1
    assert f"There is no assistant {name} that you may read." in outcome.all_output
    assert model_server.asked == []


def test_a_token_that_is_not_in_force_is_named_as_the_reason(cn: Callable[..., Outcome]) -> None:
    outcome = cn("acme/open", token="ahub_made_up")

    assert outcome.code == 1
    assert "The API token is unknown, expired or revoked." in outcome.all_output


def test_somebody_without_the_secret_is_told_which_one_and_where_to_keep_it(
    cn: Callable[..., Outcome], stranger: str, model_server: ModelServer
) -> None:
    outcome = cn("acme/hello", token=stranger)

    assert outcome.code == 1
    assert "needs a secret that the hub cannot give you: MODEL_KEY" in outcome.all_output
    assert model_server.asked == []


def test_ones_own_secret_goes_to_assistants_of_namespaces_that_one_allows(
    cn: Callable[..., Outcome], hub: Hub, model_server: ModelServer
) -> None:
    visitor = person.sign_up(hub, "visitor")
    visitor.keep_secret("MODEL_KEY", "sk-of-the-visitor", allowed="acme")

    outcome = cn("acme/hello", token=visitor.make_token())

    assert outcome.code == 0, outcome.all_output
    assert model_server.asked[0].authorization == "Bearer sk-of-the-visitor"


def test_without_a_token_a_public_assistant_comes_from_the_registry(
    cn: Callable[..., Outcome], model_server: ModelServer
) -> None:
    outcome = cn("acme/open")

    assert outcome.code == 0, outcome.all_output
    assert outcome.said == REPLY
    assert "Answer as tersely as 1.1.0 asks." in model_server.asked[0].message("system")


def test_without_a_token_a_version_keeps_its_parts_and_the_machine_gives_the_secret(
    cn: Callable[..., Outcome], model_server: ModelServer
) -> None:
    outcome = cn("acme/hello@1.0.0", MODEL_KEY="sk-of-the-machine")

    assert outcome.code == 0, outcome.all_output
    assert model_server.asked[0].authorization == "Bearer sk-of-the-machine"
    assert "Answer as tersely as 1.0.0 asks." in model_server.asked[0].message("system")


def test_without_a_token_a_private_assistant_is_not_there(
    cn: Callable[..., Outcome], model_server: ModelServer
) -> None:
    assert cn("acme/closed").code == 1
    assert model_server.asked == []


def test_rules_and_prompts_are_added_by_name(cn: Callable[..., Outcome], hub: Hub, model_server: ModelServer) -> None:
    options = ("--rule", "starter/evidence-first", "--prompt", "acme/greet")

    outcome = cn("acme/open", token=hub.first_run["token"], options=options)

    assert outcome.code == 0, outcome.all_output
    rule = hub.api("GET", "/registry/v1/starter/evidence-first/latest").json()["content"]
    assert rule.splitlines()[-1].strip() in model_server.asked[0].message("system")
    assert "Greet the reader warmly.\n\nsay hi" in model_server.asked[0].message("user")


def test_an_organization_is_chosen_by_name(cn: Callable[..., Outcome], hub: Hub, model_server: ModelServer) -> None:
    token = hub.first_run["token"]

    assert cn("acme/hello", token=token, options=("--org", "acme")).code == 0
    unknown = cn("acme/hello", token=token, options=("--org", "elsewhere"))

    assert unknown.code == 1
    assert "elsewhere" in unknown.all_output
    assert len(model_server.asked) == 1


@pytest.mark.parametrize("end", ["", "//"])
def test_the_base_may_end_without_a_slash_or_with_two(
    cn: Callable[..., Outcome], hub: Hub, model_server: ModelServer, end: str
) -> None:
    outcome = cn("acme/hello", token=hub.first_run["token"], base=f"{hub.url}{end}")

    assert outcome.code == 0, outcome.all_output
    assert model_server.asked[0].authorization == f"Bearer {KEY}"


def test_without_a_name_the_client_gets_the_hubs_default_assistant(
    cn: Callable[..., Outcome], hub: Hub, model_server: ModelServer
) -> None:
    outcome = cn(token=hub.first_run["token"])

    assert outcome.code == 0, outcome.all_output
    assert model_server.asked[0].body["model"] == "keyed-model"


# --- signed in as a device, by the file that the client reads


@pytest.fixture
def session(hub: Hub, publisher: person.Person) -> dict[str, Any]:
    """What `cn` keeps of a session, for a device that the administrator has confirmed."""
    codes = _form(hub, "/identity/o/api/device/code", device_name="laptop", scope="read")
    publisher.submit(f"/device?code={codes['user_code']}", code=codes["user_code"], answer="confirm")
    grant = "urn:ietf:params:oauth:grant-type:device_code"
    pair = _form(hub, "/identity/o/api/token", grant_type=grant, device_code=codes["device_code"])
    return {
        "userId": "user_1",
        "userEmail": "admin@example.com",
        "accessToken": pair["access_token"],
        "refreshToken": pair["refresh_token"],
        "expiresAt": _milliseconds(timedelta(hours=1)),
        "organizationId": None,
        "configUri": "slug://acme/hello",
    }


def test_a_device_is_signed_in_by_a_file(
    cn: Callable[..., Outcome], session: dict[str, Any], model_server: ModelServer, tmp_path: Path
) -> None:
    file = _keep(session, tmp_path)

    outcome = cn()

    assert outcome.code == 0, outcome.all_output
    assert model_server.asked[0].authorization == f"Bearer {KEY}"
    assert "Answer as tersely as 1.1.0 asks." in model_server.asked[0].message("system")
    assert json.loads(file.read_text()) == session


def test_the_client_renews_a_session_that_is_over_and_goes_on_with_it(
    cn: Callable[..., Outcome], hub: Hub, session: dict[str, Any], model_server: ModelServer, tmp_path: Path
) -> None:
    file = _keep({**session, "expiresAt": _milliseconds(-timedelta(minutes=1))}, tmp_path)

    assert cn().code == 0  # which asks with the token from before the renewal
    renewed = json.loads(file.read_text())
    assert cn("acme/closed").code == 0

    assert len(model_server.asked) == 2
    assert renewed["expiresAt"] > _milliseconds(timedelta())
    assert renewed["accessToken"] != session["accessToken"]
    assert renewed["refreshToken"] != session["refreshToken"]
    assert renewed["userEmail"] == hub.api("GET", "me", token=renewed["accessToken"]).json()["email"]


def test_a_device_that_was_signed_out_stays_out(
    cn: Callable[..., Outcome], hub: Hub, session: dict[str, Any], model_server: ModelServer, tmp_path: Path
) -> None:
    _form(hub, "/identity/o/api/revoke", token=session["accessToken"])
    _keep({**session, "expiresAt": _milliseconds(-timedelta(minutes=1))}, tmp_path)

    assert cn("acme/hello").code == 1
    assert model_server.asked == []


def _form(hub: Hub, path: str, **fields: str) -> Any:
    """What an endpoint of OAuth answers to the built-in client."""
    data = urllib.parse.urlencode({"client_id": "ahub-cli", **fields}).encode()
    answer = ask(urllib.request.build_opener(), urllib.request.Request(hub.url + path, data))
    assert answer.status == 200, answer.text
    return answer.json() if answer.content else None


def _keep(session: dict[str, Any], home: Path) -> Path:
    """Write the client's file into its home."""
    file = home / ".continue" / "auth.json"
    file.parent.mkdir()
    file.write_text(json.dumps(session))
    return file


def _milliseconds(from_now: timedelta) -> int:
    return int((datetime.now(UTC) + from_now).timestamp() * 1000)


def _publisher(hub: Hub) -> Callable[..., None]:
    token = hub.first_run["token"]
    made: set[str] = set()

    def publish(name: str, kind: str, version: str, manifest: str, *, visibility: str = "public") -> None:
        if name not in made:
            package = {"namespace": "acme", "name": name, "kind": kind, "visibility": visibility}
            answer = hub.api("POST", "packages", package, token=token)
            assert answer.status == 201, answer.text
            made.add(name)
        answer = hub.api(
            "POST", f"packages/acme/{name}/releases", {"version": version, "manifest": manifest}, token=token
        )
        assert answer.status == 201, answer.text

    return publish
