"""What the unmodified `@continuedev/config-yaml` does with an assistant.

The hub's own resolution is compared with this package elsewhere. Here it is held to the behaviour that
our code was written for, so that a change of the pinned version cannot shift the contract unseen.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import npm
from tests.support.node import Oracle, OracleError

pytestmark = pytest.mark.node

PROXY = {"orgScopeId": "ORG", "onPremProxyUrl": None}


@pytest.fixture(scope="module")
def oracle() -> Iterator[Oracle]:
    with Oracle() as running:
        yield running


def document(**sections: object) -> str:
    return yaml.safe_dump({"name": "Any", "version": "1.0.0", **sections}, sort_keys=False)


def unroll(oracle: Oracle, assistant: str, *, packages: dict[str, str] | None = None, **options: object) -> Any:
    """Unroll `org/asst`. `packages` maps `owner/name` to the text of its one release."""
    registry = {slug: {"1.0.0": text} for slug, text in (packages or {}).items()}
    return oracle.ask("unroll", id="org/asst", content=assistant, packages=registry, orgScopeId="ORG", **options)


def model(name: str = "M", **fields: object) -> dict[str, object]:
    return {"name": name, "provider": "openai", "model": "y", **fields}


def test_a_block_with_two_items_becomes_null_without_an_error(oracle: Oracle) -> None:
    two = document(models=[model("A"), model("B")])
    answer = unroll(oracle, document(models=[{"uses": "o/two"}]), packages={"o/two": two})
    assert (answer["config"]["models"], answer["errors"]) == ([None], [])


MARKDOWN = "---\nname: P\ninvokable: true\n---\nBe brief."


def test_a_markdown_block_under_prompts_becomes_null(oracle: Oracle) -> None:
    answer = unroll(oracle, document(prompts=[{"uses": "o/md"}]), packages={"o/md": MARKDOWN})
    assert (answer["config"]["prompts"], answer["errors"]) == ([None], [])


def test_a_markdown_block_under_rules_becomes_a_rule(oracle: Oracle) -> None:
    answer = unroll(oracle, document(rules=[{"uses": "o/md"}]), packages={"o/md": MARKDOWN})
    assert answer["config"]["rules"] == [{"name": "P", "rule": "Be brief.", "invokable": True}]


def test_markdown_is_read_as_a_rule(oracle: Oracle) -> None:
    named = "---\nglobs: ['*.py', '*.pyi']\ndescription: D\nalwaysApply: false\n---\n\nText\n"
    expected = {"name": "md", "rule": "Text", "globs": ["*.py", "*.pyi"], "description": "D", "alwaysApply": False}
    assert oracle.ask("markdownToRule", content=named, id="o/md") == expected
    assert oracle.ask("markdownToRule", content="Text\n", id="o/md") == {"name": "md", "rule": "Text\n"}


def test_a_missing_input_is_an_error_that_names_block_and_input(oracle: Oracle) -> None:
    block = document(models=[model(apiKey="${{ inputs.KEY }}")])
    answer = unroll(oracle, document(models=[{"uses": "o/m"}]), packages={"o/m": block})
    assert answer["config"]["models"] == [None]
    [error] = answer["errors"]
    assert error["fatal"] is False
    assert 'Missing required input(s) for block "o/m": KEY.' in error["message"]


def test_an_override_replaces_whole_values(oracle: Oracle) -> None:
    block = document(models=[model(requestOptions={"headers": {"a": "1"}, "timeout": 5})])
    uses = {"uses": "o/m", "override": {"requestOptions": {"headers": {"b": "2"}}}}
    answer = unroll(oracle, document(models=[uses]), packages={"o/m": block})
    assert answer["config"]["models"] == [model(requestOptions={"headers": {"b": "2"}})]


@pytest.mark.parametrize("section", ["models", "context", "data", "mcpServers", "rules", "prompts", "docs"])
def test_an_unknown_block_becomes_null_with_an_error(oracle: Oracle, section: str) -> None:
    answer = unroll(oracle, document(**{section: [{"uses": "o/none"}]}))
    assert answer["config"][section] == [None]
    [error] = answer["errors"]
    assert error["fatal"] is False
    assert error["message"].startswith("Block o/none not found")


def test_of_equal_rules_the_first_one_stays(oracle: Oracle) -> None:
    assert unroll(oracle, document(rules=["a", "a", {"name": "a", "rule": "z"}]))["config"]["rules"] == ["a"]


def test_what_does_not_survive_unrolling(oracle: Oracle) -> None:
    assistant = document(schema="v1", metadata={"tags": "x"}, env={"A": 1}, rules=["r"])
    assert unroll(oracle, assistant)["config"] == {"name": "Any", "version": "1.0.0", "rules": ["r"]}


KEYED = document(models=[model(apiKey="${{ secrets.K }}")])
PROXIED = {"name": "M", "provider": "continue-proxy", "model": "org/asst/openai/y", **PROXY}


@pytest.mark.parametrize(
    ("secret", "options", "expected"),
    [
        ({"location": "organization:org/K"}, {}, PROXIED | {"apiKeyLocation": "organization:org/K"}),
        ({"location": "not_found:K"}, {}, PROXIED | {"apiKeyLocation": "not_found:K"}),
        (
            {"location": "user:u/K", "value": "v"},
            {"alwaysUseProxy": True},
            PROXIED | {"apiKeyLocation": "user:u/K"},
        ),
    ],
    ids=["of the organization", "not found", "of the user, but always by proxy"],
)
def test_a_model_whose_key_stays_on_the_server_is_proxied(
    oracle: Oracle, secret: dict[str, str], options: dict[str, Any], expected: dict[str, object]
) -> None:
    answer = unroll(oracle, KEYED, secrets={"org/asst/K": secret}, **options)
    assert answer["config"]["models"] == [expected]
    assert answer["asked"] == ["org/asst/K"]


def test_a_secret_of_the_user_is_filled_in(oracle: Oracle) -> None:
    answer = unroll(oracle, KEYED, secrets={"org/asst/K": {"location": "user:u/K", "value": "v"}})
    assert answer["config"]["models"] == [model(apiKey="v")]


def test_a_secret_that_nobody_answers_for_stays_a_template(oracle: Oracle) -> None:
    assert unroll(oracle, KEYED)["config"]["models"] == [model(apiKey="${{ secrets.org/asst/K }}")]


def test_a_secret_location_in_an_mcp_server_stays_as_text(oracle: Oracle) -> None:
    server = {"name": "S", "command": "run", "env": {"TOKEN": "${{ secrets.TOK }}"}}
    secrets = {"org/asst/TOK": {"location": "organization:org/TOK"}}
    answer = unroll(oracle, document(mcpServers=[server]), secrets=secrets)
    expected = server | {"env": {"TOKEN": "${{ secrets.organization:org/TOK }}"}}
    assert answer["config"]["mcpServers"] == [expected]


def test_secrets_are_named_after_assistant_and_block(oracle: Oracle) -> None:
    block = document(models=[model(apiKey="${{ inputs.KEY }}", env={"region": "${{ secrets.REGION }}"})])
    uses = {"uses": "o/m", "with": {"KEY": "${{ secrets.MINE }}"}}
    answer = unroll(oracle, document(models=[uses]), packages={"o/m": block})
    assert sorted(answer["asked"]) == ["org/asst/o/m/MINE", "org/asst/o/m/REGION"]
    [rendered] = answer["config"]["models"]
    assert rendered["apiKey"] == "${{ secrets.org/asst/o/m/MINE }}"


def test_an_mcp_block_carries_the_package_it_came_from(oracle: Oracle) -> None:
    block = document(mcpServers=[{"name": "S", "command": "run"}])
    answer = unroll(oracle, document(mcpServers=[{"uses": "o/s"}]), packages={"o/s": block})
    assert answer["config"]["mcpServers"] == [{"name": "S", "command": "run", "sourceSlug": "o/s"}]


def test_a_blocked_package_becomes_null_except_among_rules(oracle: Oracle) -> None:
    packages = {"o/m": document(models=[model()]), "o/r": document(rules=["r"])}
    assistant = document(models=[{"uses": "o/m"}], rules=[{"uses": "o/r"}])
    answer = unroll(oracle, assistant, packages=packages, block=["o/m", "o/r"])
    assert (answer["config"]["models"], answer["config"]["rules"]) == ([None], ["r"])
    [error] = answer["errors"]
    assert error["message"].startswith("o/m is block listed and can not be used.")


def test_an_injected_block_reads_inputs_as_secrets(oracle: Oracle) -> None:
    packages = {"o/m": document(models=[model(apiKey="${{ inputs.KEY }}")])}
    answer = unroll(oracle, document(), packages=packages, inject=["o/m"])
    assert answer["config"]["models"] == [model(apiKey="${{ secrets.org/asst/o/m/KEY }}")]


def test_latest_is_the_newest_stable_release(oracle: Oracle) -> None:
    releases = {v: document(rules=[v]) for v in ("1.9.0", "1.10.0", "2.0.0-rc.1")}
    assistant = document(rules=[{"uses": "o/r"}, {"uses": "o/r@1.9.0"}])
    answer = oracle.ask("unroll", id="org/asst", content=assistant, packages={"o/r": releases})
    assert answer["config"]["rules"] == ["1.10.0", "1.9.0"]


def test_the_oracle_tells_what_it_cannot_answer_and_goes_on(oracle: Oracle) -> None:
    with pytest.raises(OracleError, match="no operation nonsense"):
        oracle.ask("nonsense")
    assert oracle.ask("compare", a="1.0.0", b="1.0.0") == 0


def test_the_client_starts(tmp_path: Path) -> None:
    command = [*npm.continue_cli(), "--version"]
    environment = npm.continue_environment(tmp_path)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "1.5.45"


def test_the_lock_file_names_no_host() -> None:
    assert "://" not in (npm.PINNED / "package-lock.json").read_text()
