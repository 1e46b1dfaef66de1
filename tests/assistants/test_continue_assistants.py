"""`ide/get-assistant` and `ide/list-assistants`: each trap of the contract that a client would fall into."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from hub.actors import Actor
from hub.services import secrets, tokens
from registry.models import Package
from registry.services import packages, releases
from tests.conftest import MODEL

type Build = Callable[..., Package]

KEYLESS = "models:\n  - {name: Local, provider: ollama, model: m, roles: [chat]}\n"
KEYED = "models:\n  - {name: Keyed, provider: openai, model: m, apiKey: '${{ secrets.MODEL_KEY }}'}\n"
SERVER = "mcpServers:\n  - {name: Tracker, command: t, env: {TOKEN: '${{ secrets.TRACKER }}'}}\n"


@pytest.fixture
def ask(client: Client, token_of: Any) -> Callable[..., Any]:
    """Asks as Continue's client does: a Bearer token, `Accept: */*`."""

    def get(path: str, actor: Actor | None = None, **headers: str) -> Any:
        if actor is not None:
            headers["Authorization"] = f"Bearer {token_of(actor)}"
        return client.get(path, headers={"Accept": "*/*", "User-Agent": "node", **headers})

    return get


def config_of(answer: Any) -> dict[str, Any]:
    """The config of an answer that has one."""
    body = answer.json()
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
    assert answer["Cache-Control"] == "no-store"
    result = body["configResult"]
    assert result["config"] is not None, result
    assert result["configLoadInterrupted"] is False
    assert all(error["fatal"] is False for error in result["errors"])
    config: dict[str, Any] = result["config"]
    return config


def refusal_of(answer: Any) -> str:
    """The message of a refusal: 200, no config, one fatal error as an object."""
    body = answer.json()
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    result = body["configResult"]
    assert (result["config"], result["configLoadInterrupted"]) == (None, True)
    assert [sorted(error) for error in result["errors"]] == [["fatal", "message"]]
    assert result["errors"][0]["fatal"] is True
    message: str = result["errors"][0]["message"]
    return message


def test_an_assistant_is_unrolled_with_all_that_clients_read(
    ask: Any, build_package: Build, build_assistant: Build
) -> None:
    build_package("style", "1.0.0", "1.2.0", "2.0.0")
    build_package("tool", "1.0.0", kind="mcp-server")
    build_assistant("helper", f"{KEYLESS}rules:\n  - uses: acme/style@^1\nmcpServers:\n  - uses: acme/tool\n")
    answer = ask("/ide/get-assistant/acme/helper?alwaysUseProxy=false")
    config = config_of(answer)
    assert (config["name"], config["version"], config["schema"]) == ("helper", "1.0.0", "v1")
    assert config["rules"] == [{"name": "style", "rule": "Text of style 1.2.0."}]
    assert config["mcpServers"][0]["sourceSlug"] == "acme/tool"
    assert all(
        isinstance(config[section], list)
        for section in ("models", "rules", "prompts", "mcpServers", "context", "data", "docs")
    )
    body = answer.json()
    assert {key: body[key] for key in body if key not in ("configResult", "rawYaml")} == {
        "ownerSlug": "acme", "packageSlug": "helper", "iconUrl": None, "onPremProxyUrl": None, "useOnPremProxy": None,
    }  # fmt: skip
    assert "acme/style@1.2.0" in body["rawYaml"], "the client knows no ranges"


@pytest.mark.parametrize(
    ("version", "served"),
    [("", "1.1.0"), ("%40latest", "1.1.0"), ("%401.0.0", "1.0.0"), ("@1.0.0", "1.0.0"), ("%40%5E1.0", "1.1.0")],
)
def test_a_version_after_the_name_is_honoured(
    ask: Any, build_assistant: Build, owner: Actor, version: str, served: str
) -> None:
    package = build_assistant("helper", KEYLESS)
    manifest = f"name: helper\nversion: 1.1.0\n{KEYLESS}"
    releases.publish(by=owner, package=package, version="1.1.0", manifest=manifest)
    assert config_of(ask(f"/ide/get-assistant/acme/helper{version}"))["version"] == served


def test_a_missing_assistant_and_a_hidden_one_are_refused_with_a_message_that_is_shown(
    ask: Any, build_package: Build, build_assistant: Build, stranger: Actor, owner: Actor, member: Actor
) -> None:
    build_assistant("hidden", KEYLESS, visibility="private")
    build_package("style", "1.0.0")
    assert config_of(ask("/ide/get-assistant/acme/hidden", owner))
    for actor in (stranger, member, None):
        hidden = refusal_of(ask("/ide/get-assistant/acme/hidden", actor))
        absent = refusal_of(ask("/ide/get-assistant/acme/absent", actor))
        assert hidden.replace("hidden", "absent") == absent
        assert "acme/hidden" in hidden
    for path in ("acme/style", "acme/hidden%401.0.0", "acme/hidden%409", "nobody/x", "acme/", "acme/%40"):
        if path != "acme/":
            assert refusal_of(ask(f"/ide/get-assistant/{path}", stranger))
    assert "range" in refusal_of(ask("/ide/get-assistant/acme/hidden%40nonsense", owner)).lower()


def test_a_token_that_is_not_in_force_is_refused_with_a_message_that_is_shown(
    ask: Any, build_assistant: Build, owner: Actor
) -> None:
    build_assistant("open", KEYLESS)
    made = tokens.create(by=owner, name="old", scopes=["read"])
    assert config_of(ask("/ide/get-assistant/acme/open", Authorization=f"Bearer {made.secret}"))
    tokens.revoke(by=owner, token=made.token)
    for secret in (made.secret, "con_unknown", "ahub_x"):
        message = refusal_of(ask("/ide/get-assistant/acme/open", Authorization=f"Bearer {secret}"))
        assert "token" in message
        for path in (
            "/ide/list-assistants",
            "/ide/list-organizations",
            "/auth/scope",
            "/registry/v1/acme/open/latest",
            "/v0/acme/open/latest/download",
        ):
            answer = ask(path, Authorization=f"Bearer {secret}")
            assert (answer.status_code, list(answer.json())) == (401, ["message"]), path


@pytest.mark.parametrize("header", ["Bearer undefined", "Bearer null", "Bearer ", "Bearer", "Basic x", ""])
def test_a_client_without_a_token_is_anonymous(ask: Any, build_assistant: Build, header: str) -> None:
    build_assistant("open", KEYLESS)
    assert config_of(ask("/ide/get-assistant/acme/open", Authorization=header))
    assert refusal_of(ask("/ide/get-assistant/acme/absent", Authorization=header))


def test_a_session_cookie_counts_for_nothing_here(client: Client, build_assistant: Build, owner: Actor) -> None:
    build_assistant("hidden", KEYLESS, visibility="private")
    assert owner.user is not None
    client.force_login(owner.user)
    assert refusal_of(client.get("/ide/get-assistant/acme/hidden"))
    assert client.get("/auth/scope").status_code == 401


def test_a_model_without_its_secret_is_never_handed_out(ask: Any, build_assistant: Build, owner: Actor) -> None:
    build_assistant("half", KEYLESS + KEYED.removeprefix("models:\n"))
    for actor in (owner, None):
        answer = ask("/ide/get-assistant/acme/half", actor)
        assert [model["name"] for model in config_of(answer)["models"]] == ["Local"]
        assert "MODEL_KEY" in answer.json()["configResult"]["errors"][0]["message"]
        assert "${{" not in str(answer.json()["configResult"])


def test_without_any_chat_model_left_the_answer_is_fatal_and_says_what_to_do(
    ask: Any, build_assistant: Build, owner: Actor
) -> None:
    build_assistant("keyed", KEYED)
    autocomplete = "models:\n  - {name: Tab, provider: ollama, model: m, roles: [autocomplete]}\n"
    build_assistant("tab", autocomplete + KEYED.removeprefix("models:\n"))
    for name in ("keyed", "tab"):
        message = refusal_of(ask(f"/ide/get-assistant/acme/{name}", owner))
        assert "MODEL_KEY" in message
        assert "Secrets" in message


def test_an_assistant_that_never_had_a_model_is_served(ask: Any, build_assistant: Build) -> None:
    build_assistant("rules-only", "rules:\n  - Be brief.\n")
    assert config_of(ask("/ide/get-assistant/acme/rules-only"))["models"] == []


def test_a_server_without_its_secret_is_dropped_and_named(ask: Any, build_assistant: Build, owner: Actor) -> None:
    build_assistant("tools", KEYLESS + SERVER)
    answer = ask("/ide/get-assistant/acme/tools", owner)
    assert config_of(answer)["mcpServers"] == []
    assert "TRACKER" in answer.json()["configResult"]["errors"][0]["message"]
    secrets.put(by=owner, name="TRACKER", value="t-1")
    assert config_of(ask("/ide/get-assistant/acme/tools", owner))["mcpServers"][0]["env"] == {"TOKEN": "t-1"}


def test_ones_own_secret_is_filled_in_only_where_one_trusts_the_namespace(
    ask: Any, build_assistant: Build, build_package: Build, owner: Actor, member: Actor, stranger: Actor
) -> None:
    build_package("brain", "1.0.0", kind="model")
    build_assistant("keyed", "models:\n  - uses: acme/brain\n")
    for who in (owner, member, stranger):
        secrets.put(by=who, name="MODEL_KEY", value=f"sk-{who.label}")
    path = "/ide/get-assistant/acme/keyed"
    assert config_of(ask(path, owner))["models"][0]["apiKey"] == "sk-olga"
    assert config_of(ask(path, member))["models"][0]["apiKey"] == "sk-mia"
    assert "sk-" not in refusal_of(ask(path, stranger)), (
        "a stranger's assistant does not get a secret by its usual name"
    )
    assert refusal_of(ask(path))
    secrets.put(by=stranger, name="MODEL_KEY", value="sk-stranger", allowed_namespaces=["acme"])
    assert config_of(ask(path, stranger))["models"][0]["apiKey"] == "sk-stranger"


def test_a_token_that_only_publishes_is_given_no_secret(ask: Any, build_assistant: Build, owner: Actor) -> None:
    build_assistant("keyed", KEYED)
    secrets.put(by=owner, name="MODEL_KEY", value="sk-1")
    only = tokens.create(by=owner, name="ci", scopes=["publish"]).secret
    assert refusal_of(ask("/ide/get-assistant/acme/keyed", Authorization=f"Bearer {only}"))
    assert "sk-1" not in ask("/ide/list-assistants", Authorization=f"Bearer {only}").content.decode()


def test_a_part_hidden_later_refuses_the_whole_with_a_message(
    ask: Any, build_package: Build, build_assistant: Build, owner: Actor, stranger: Actor
) -> None:
    part = build_package("style", "1.0.0")
    build_assistant("helper", f"{KEYLESS}rules:\n  - uses: acme/style\n")
    assert config_of(ask("/ide/get-assistant/acme/helper", stranger))
    packages.update(by=owner, package=part, visibility="private", summary="")
    assert "may not read" in refusal_of(ask("/ide/get-assistant/acme/helper", stranger))
    assert config_of(ask("/ide/get-assistant/acme/helper", owner))


def test_the_default_assistant_is_the_one_that_the_site_names(ask: Any, build_assistant: Build, settings: Any) -> None:
    build_assistant("standard", KEYLESS)
    settings.DEFAULT_ASSISTANT = "acme/standard"
    answer = ask("/ide/get-assistant/continuedev/default-cli-config")
    assert config_of(answer)["name"] == "standard"
    settings.DEFAULT_ASSISTANT = "acme/none"
    assert "acme/none" in refusal_of(ask("/ide/get-assistant/continuedev/default-cli-config"))


def slugs(answer: Any) -> list[str]:
    body = answer.json()
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert isinstance(body, list), "a bare array"
    return [f"{item['ownerSlug']}/{item['packageSlug']}" for item in body]


def test_the_list_holds_ones_own_organizations_and_the_starters_but_not_everybodys(
    ask: Any, build_assistant: Build, build_user: Any, owner: Actor, member: Actor, stranger: Actor, organization: Any
) -> None:
    assert stranger.user is not None
    assert member.user is not None
    build_assistant("bee", KEYLESS)
    build_assistant("ant", KEYLESS, visibility="internal")
    build_assistant("cat", KEYLESS, visibility="private")
    build_assistant("theirs", KEYLESS, by=stranger, namespace=stranger.user.namespace)
    build_assistant("mine", KEYLESS, by=member, namespace=member.user.namespace, visibility="private")
    starter = build_user("starter")
    build_assistant("plan", KEYLESS, by=Actor(starter), namespace=starter.namespace)
    assert slugs(ask("/ide/list-assistants?alwaysUseProxy=false", owner)) == [
        "acme/ant",
        "acme/bee",
        "acme/cat",
        "starter/plan",
    ]
    assert slugs(ask("/ide/list-assistants", member)) == ["acme/ant", "acme/bee", "mia/mine", "starter/plan"]
    assert slugs(ask("/ide/list-assistants", stranger)) == ["starter/plan", "stranger/theirs"]
    assert slugs(ask("/ide/list-assistants")) == ["starter/plan"]
    scope = f"organizationId=org_{organization.id}"
    assert slugs(ask(f"/ide/list-assistants?{scope}", owner)) == ["acme/ant", "acme/bee", "acme/cat"]
    assert slugs(ask(f"/ide/list-assistants?{scope}", member)) == ["acme/ant", "acme/bee"]
    assert slugs(ask(f"/ide/list-assistants?{scope}", stranger)) == []
    assert slugs(ask(f"/ide/list-assistants?{scope}")) == []


@pytest.mark.parametrize(
    "number", ["org_0", "org_x", "org_", "personal", "-1", "org_" + "9" * 30, "org_٣", "1.5", "org_1;", "é"]
)
def test_an_organization_that_is_none_lists_nothing(ask: Any, owner: Actor, number: str) -> None:
    assert slugs(ask(f"/ide/list-assistants?organizationId={number}", owner)) == []


def test_what_is_listed_is_complete_and_an_unusable_assistant_spoils_nothing(
    ask: Any, build_assistant: Build, owner: Actor
) -> None:
    build_assistant("good", KEYLESS)
    build_assistant("keyed", KEYED)
    good, keyed = ask("/ide/list-assistants", owner).json()
    assert good == ask("/ide/get-assistant/acme/good", owner).json()
    assert keyed["configResult"]["config"] is None
    assert keyed["configResult"]["errors"][0]["fatal"] is True


def test_a_yanked_assistant_is_not_listed(ask: Any, build_assistant: Build, owner: Actor) -> None:
    package = build_assistant("helper", KEYLESS)
    releases.yank(by=owner, release=package.releases.select_related("package__namespace").get(), reason="wrong")
    assert slugs(ask("/ide/list-assistants", owner)) == []
    assert refusal_of(ask("/ide/get-assistant/acme/helper", owner))


def test_a_list_costs_the_same_however_long(
    ask: Any, build_assistant: Build, build_package: Build, owner: Actor, token_of: Any, client: Client,
    django_assert_max_num_queries: Any,
) -> None:  # fmt: skip
    assert MODEL
    build_package("brain", "1.0.0", kind="model")
    secrets.put(by=owner, name="MODEL_KEY", value="sk-1")
    headers = {"Authorization": f"Bearer {token_of(owner)}"}
    client.get("/ide/list-assistants", headers=headers)
    for number in range(6):
        build_assistant(f"helper-{number}", f"{KEYLESS}  - uses: acme/brain\n")
        with django_assert_max_num_queries(4):
            assert len(client.get("/ide/list-assistants", headers=headers).json()) == number + 1


def test_organizations_are_told_by_opaque_ids(ask: Any, owner: Actor, stranger: Actor, organization: Any) -> None:
    answer = ask("/ide/list-organizations", owner)
    assert answer["Cache-Control"] == "no-store"
    assert answer.json() == {
        "organizations": [{"id": f"org_{organization.id}", "name": "Acme", "slug": "acme", "iconUrl": None}]
    }
    assert ask("/ide/list-organizations", stranger).json() == {"organizations": []}
    assert ask("/ide/list-organizations").status_code == 401


def test_a_token_belongs_to_no_organization(ask: Any, owner: Actor) -> None:
    assert ask("/auth/scope", owner).json() == {"organizationId": None}
    for header in ("", "Bearer undefined"):
        answer = ask("/auth/scope", Authorization=header)
        assert (answer.status_code, answer["Content-Type"]) == (401, "application/json")
        assert "CONTINUE_API_KEY" in answer.json()["message"]
