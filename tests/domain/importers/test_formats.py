"""What each format becomes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from registry.domain import frontmatter, yamltext
from registry.importers import IMPORTERS, Candidate, Refusal, Source, importer_of, read


def outcomes(path: str, text: str | bytes, **others: str) -> list[Candidate | Refusal]:
    files = [Source(path, text.encode() if isinstance(text, str) else text)]
    return list(read([*files, *(Source(name, body.encode()) for name, body in others.items())]))


def one(path: str, text: str | bytes) -> Candidate:
    [found] = outcomes(path, text)
    assert isinstance(found, Candidate), found
    return found


def rule(candidate: Candidate) -> dict[str, Any]:
    assert candidate.kind == "rule"
    return frontmatter.parse_rule(candidate.manifest, default_name=candidate.name)


def server(candidate: Candidate) -> dict[str, Any]:
    assert candidate.kind == "mcp-server"
    item: dict[str, Any] = yamltext.parse(candidate.manifest).value["mcpServers"][0]
    return item


def test_a_cursor_rule_stays_as_it_is() -> None:
    text = "---\ndescription: Python\nglobs: **/*.py\nalwaysApply: false\n---\nUse types.\n"
    found = one(".cursor/rules/Python Style.mdc", text)
    assert (found.importer, found.name, found.manifest, found.summary) == ("cursor", "python-style", text, "Python")
    assert rule(found)["globs"] == ["**/*.py"]


@pytest.mark.parametrize(
    ("apply_to", "wanted"),
    [
        ("'**/*.ts, **/*.{js,jsx}'", {"globs": ["**/*.ts", "**/*.{js,jsx}"]}),
        ("'**'", {"alwaysApply": True}),
        ("['*']", {"alwaysApply": True}),
        ("'src/**'", {"globs": "src/**"}),
    ],
)
def test_instructions_apply_where_they_applied(apply_to: str, wanted: dict[str, Any]) -> None:
    found = one("x/web.instructions.md", f"---\ndescription: Web\napplyTo: {apply_to}\n---\nBe kind.\n")
    assert rule(found) == {"name": "web", "rule": "Be kind.", "description": "Web"} | wanted


def test_instructions_without_places_are_for_choosing() -> None:
    assert rule(one("web.instructions.md", "Be kind."))["alwaysApply"] is False


def test_a_prompt_says_what_is_lost() -> None:
    found = one(
        "a/fix.prompt.md",
        "---\nmode: agent\ntools: [x]\ndescription: Fixes\n---\nFix ${input:what} in ${input:place}.\n",
    )
    assert yamltext.parse(found.manifest).value["prompts"] == [
        {"name": "fix", "description": "Fixes", "prompt": "Fix ${input:what} in ${input:place}."}
    ]
    assert found.losses[0] == "Not carried over from the prompt: mode, tools."
    assert "${input:" in found.losses[1]


def test_a_prompt_with_one_place_takes_what_the_person_adds() -> None:
    found = one("fix.prompt.md", "Fix ${input:what:What to fix}, and only ${input:what}.\n")
    [prompt] = yamltext.parse(found.manifest).value["prompts"]
    assert prompt["prompt"] == "Fix {{{ input }}}, and only {{{ input }}}."
    assert found.losses == ()


def test_globs_in_one_line_are_parted_as_cursor_parts_them() -> None:
    text = "---\ndescription: Sources\nglobs: src/*.py,lib/*.{a,b}\nalwaysApply: false\n---\nUse types.\n"
    found = one("sources.mdc", text)
    assert rule(found) == {
        "name": "sources", "rule": "Use types.", "description": "Sources", "globs": ["src/*.py", "lib/*.{a,b}"], "alwaysApply": False,
    }  # fmt: skip
    alone = text.replace(",lib/*.{a,b}", "")
    assert one("sources.mdc", alone).manifest == alone


def test_quotes_in_loose_front_matter_are_read_as_yaml_reads_them() -> None:
    text = '---\ndescription: "How: \\"x\\" \\\\ y"\nglobs: **/*.py\n---\nUse types.\n'
    found = one("a.mdc", text)
    assert rule(found)["description"] == found.summary == 'How: "x" \\ y'


@pytest.mark.parametrize(
    ("path", "importer"),
    [
        (".windsurf/rules/agents.md", "windsurf"),
        (".continue/rules/claude.md", "continue-rule"),
        (".claude/rules/web/agents.md", None),
        ("plugins/a/commands/gemini.md", None),
        ("packages/web/AGENTS.md", "context"),
        (".junie/AGENTS.md", "context"),
        ("web/.claude/CLAUDE.md", "context"),
    ],
)
def test_a_rule_that_is_called_like_a_context_file_is_none(path: str, importer: str | None) -> None:
    found = importer_of(Source(path, b"Be kind."))
    assert (found.name if found else None) == importer


def test_a_plugin_that_names_its_file_of_servers_is_no_such_file() -> None:
    assert outcomes("plugin.json", '{"name": "a", "mcpServers": "./.mcp.json"}') == []
    [found] = outcomes("plugin.json", '{"name": "a", "mcpServers" : {"s": {"command": "x"}}}')
    assert isinstance(found, Candidate)


def test_gemini_says_url_for_the_older_way() -> None:
    entries = {"old": {"url": "https://a.example/sse"}, "new": {"httpUrl": "https://a.example/mcp"}}
    for path in ("gemini-extension.json", ".gemini/settings.json"):
        found = outcomes(path, json.dumps({"mcpServers": entries}))
        assert [server(each)["type"] for each in found if isinstance(each, Candidate)] == ["sse", "streamable-http"]
    [plain] = outcomes("mcp.json", json.dumps({"mcpServers": {"old": entries["old"]}}))
    assert isinstance(plain, Candidate)
    assert "type" not in server(plain)


def test_a_value_that_holds_more_than_a_variable_is_said_to_become_one() -> None:
    entry = {"command": "x", "env": {"DB_PASSWORD": "a${WORD}b", "BASE": "https://${HOST}/x", "KEY": "${KEY}"}}
    found = one(".mcp.json", json.dumps({"mcpServers": {"a": entry}}))
    assert server(found)["env"] == {
        "DB_PASSWORD": "${{ secrets.DB_PASSWORD }}", "BASE": "https://${{ secrets.HOST }}/x", "KEY": "${{ secrets.KEY }}",
    }  # fmt: skip
    assert found.losses == ("“DB_PASSWORD” held more than a variable; all of it is one secret now.",)


def test_options_of_every_request_are_kept_beside_a_single_item() -> None:
    text = "name: A\nversion: 1.0.0\nschema: v1\nrequestOptions:\n  timeout: 5\nrules:\n  - name: R\n    rule: Text.\n"
    found = outcomes("config.yaml", text)
    assert [each.kind for each in found] == ["rule", "assistant"]
    assert isinstance(found[1], Candidate)
    assert yamltext.parse(found[1].manifest).value["requestOptions"] == {"timeout": 5}


def test_a_timeout_may_have_a_fraction() -> None:
    text = "name: A\nversion: 1.0.0\nschema: v1\nmcpServers:\n  - name: S\n    command: x\n    connectionTimeout: 2.5\n"
    assert server(one("config.yaml", text))["connectionTimeout"] == 2.5


def test_an_agent_becomes_an_assistant() -> None:
    text = (
        "---\nname: Helper\ndescription: Helps\nmodel: GPT-5\ntools: ['a', 'b']\nmcp-servers:\n  oct:\n    type: local\n"
        "    command: npx\n    args: ['-y', 'oct@1.0.0']\n    env:\n      OCT_KEY: abcdefghijklmnop1234\n    tools: ['x']\n---\nBe helpful.\n"
    )
    found = one(".github/agents/helper.agent.md", text)
    value = yamltext.parse(found.manifest).value
    assert (found.kind, found.name) == ("assistant", "helper")
    assert value["rules"] == [{"name": "Helper", "rule": "Be helpful.", "alwaysApply": True}]
    assert value["mcpServers"][0]["env"] == {"OCT_KEY": "${{ secrets.OCT_KEY }}"}
    assert [loss.split(":")[0] for loss in found.losses] == [
        "Not carried over from the server",
        "Not expressible",
        "Not expressible",
    ]


@pytest.mark.parametrize("name", ["AGENTS.md", "CLAUDE.md", "GEMINI.md", "claude.md"])
def test_a_context_file_always_applies(name: str) -> None:
    found = one(name, "# House\n\nTest first.\n")
    assert rule(found)["alwaysApply"] is True
    assert found.name == name.lower().removesuffix(".md")


def test_a_context_file_of_a_folder_applies_there() -> None:
    found = one("web/app/AGENTS.md", "Test first.")
    assert (found.name, rule(found)["globs"]) == ("web-app-agents", "web/app/**")


@pytest.mark.parametrize(
    ("front", "wanted"),
    [
        ("trigger: always_on", {"alwaysApply": True}),
        ("trigger: glob\nglobs: '*.py,*.pyi'", {"globs": ["*.py", "*.pyi"]}),
        ("trigger: model_decision\ndescription: When", {"alwaysApply": False, "description": "When"}),
        ("trigger: manual\ndescription: When", {"alwaysApply": False}),
    ],
)
def test_windsurf_triggers(front: str, wanted: dict[str, Any]) -> None:
    found = one(".windsurf/rules/py.md", f"---\n{front}\n---\nUse types.\n")
    assert rule(found) == {"name": "py", "rule": "Use types."} | wanted


def test_an_unknown_trigger_is_refused_where_it_stands() -> None:
    [found] = outcomes(".windsurf/rules/py.md", "---\ndescription: x\ntrigger: sometimes\n---\nUse types.\n")
    assert isinstance(found, Refusal)
    assert (found.line, "sometimes" in found.reason, bool(found.mend)) == (3, True, True)


def test_a_skill_is_its_folder_whole() -> None:
    files = [
        Source("skills/pdf/SKILL.md", b"---\nname: pdf\ndescription: Reads PDFs\n---\nOpen it.\n"),
        Source("skills/pdf/scripts/run.sh", b"#!/bin/sh\n", executable=True),
        Source("skills/pdf/references/AGENTS.md", b"not a rule of its own"),
        Source("skills/other.txt", b""),
    ]
    [found] = list(read(files))
    assert isinstance(found, Candidate)
    assert [(file.path, file.executable) for file in found.files] == [
        ("SKILL.md", False),
        ("references/AGENTS.md", False),
        ("scripts/run.sh", True),
    ]
    assert found.manifest.encode() == files[0].content


def test_a_skill_with_odd_front_matter_is_put_right() -> None:
    found = one("My Skill/SKILL.md", "---\nname: My Skill\ndescription: Use when: asked\nlicense: MIT\n---\nDo it.\n")
    value = frontmatter_of(found.manifest)
    assert value == {"name": "my-skill", "description": "Use when: asked", "license": "MIT"}
    assert len(found.losses) == 2


def frontmatter_of(text: str) -> Any:
    return yamltext.parse(text.split("---\n")[1]).value


def test_a_skill_without_description_is_refused() -> None:
    [found] = outcomes("s/SKILL.md", "---\nname: s\n---\nDo it.\n")
    assert isinstance(found, Refusal)
    assert (found.kind, found.reason) == ("skill", "The skill has no description.")


MCP = """{
  // servers of the team
  "inputs": [{"id": "token", "type": "promptString", "password": true}, {"id": "region", "type": "promptString"}],
  "servers": {
    "files": {"command": "npx", "args": ["-y", "files@1.2.3", "--api-key", "${input:token}"],
              "env": {"REGION": "${input:region}", "HOST": "${env:MY_HOST}", "LEVEL": "info"},},
    "web": {"type": "http", "url": "https://web.example/mcp", "headers": {"Authorization": "Bearer ${WEB_TOKEN}"}},
    "broken": {"args": []},
  },
}"""


def test_mcp_settings_become_one_server_each() -> None:
    files, web, broken = outcomes(".vscode/mcp.json", MCP)
    assert isinstance(files, Candidate)
    assert isinstance(web, Candidate)
    assert isinstance(broken, Refusal)
    assert server(files) == {
        "name": "files",
        "type": "stdio",
        "command": "npx",
        "args": ["-y", "files@1.2.3", "--api-key", "${{ secrets.TOKEN }}"],
        "env": {"REGION": "${{ inputs.REGION }}", "HOST": "${{ secrets.MY_HOST }}", "LEVEL": "info"},
    }
    assert server(web)["requestOptions"] == {"headers": {"Authorization": "Bearer ${{ secrets.WEB_TOKEN }}"}}
    assert (server(web)["type"], broken.item, broken.line) == ("streamable-http", "broken", 8)


CONTINUE = """name: Team
version: 2.1.0
schema: v1
models:
  - name: Main
    provider: openai
    model: gpt-x
    apiKey: sk-abcdefghijklmnopqrstuvwx123456
rules:
  - Be terse.
  - name: Tests first
    rule: Write the test first.
mcpServers:
  - name: Files
    command: npx
    args: ["-y", "files@1.0.0"]
context:
  - provider: code
docs:
  - name: Django
    startUrl: https://docs.example/
"""


def test_a_continue_config_becomes_blocks_and_an_assistant() -> None:
    found = [one for one in outcomes(".continue/config.yaml", CONTINUE) if isinstance(one, Candidate)]
    assert [(one.kind, one.name) for one in found] == [
        ("model", "main"),
        ("mcp-server", "files"),
        ("rule", "tests-first"),
        ("docs", "django"),
        ("assistant", "team"),
    ]
    assert yamltext.parse(found[0].manifest).value["models"][0]["apiKey"] == "${{ secrets.MAIN_API_KEY }}"
    assistant = found[-1]
    names = {item: f"acme/{number}@^1" for number, item in enumerate(assistant.parts)}
    value = yamltext.parse(assistant.fitted("2.1.0", names)).value
    assert value["models"] == [{"uses": "acme/0@^1"}]
    assert value["rules"] == ["Be terse.", {"uses": "acme/2@^1"}]
    assert (value["context"], value["version"]) == ([{"provider": "code"}], "2.1.0")
    assert assistant.version == "2.1.0"


def test_a_continue_block_is_a_block() -> None:
    text = "name: Main\nversion: 1.4.0\nschema: v1\nmodels:\n  - name: M\n    provider: ollama\n    model: x\n"
    found = one(".continue/models/main.yaml", text)
    assert (found.kind, found.name, found.version, found.item) == ("model", "main", "1.4.0", "")


def test_a_continue_folder() -> None:
    json_server = one(".continue/mcpServers/pg.json", '{"command": "pg", "args": ["postgres://u:secretpw@h/db"]}')
    assert (json_server.name, server(json_server)["args"]) == ("pg", ["${{ secrets.PG_ARGUMENT }}"])
    assert one(".continue/rules/a.md", "---\nname: A\n---\nDo.\n").kind == "rule"
    assert one(".continue/prompts/p.prompt", "---\nname: P\n---\nDo.\n").kind == "prompt"


def test_a_server_json_stays_as_it_is() -> None:
    text = json.dumps({"$schema": "…/server.schema.json", "name": "com.acme/mcp", "version": "1.2.0", "remotes": [{}]})
    found = one("any.json", text)
    assert (found.name, found.version, found.manifest) == ("acme-mcp", "1.2.0", text)


DOCKER = """name: weather
image: mcp/weather
type: server
meta: {category: data, tags: [data, "iot platform"]}
about: {title: Weather, description: Tells the weather}
source: {project: https://github.com/acme/weather, commit: abc}
run: {volumes: ["{{weather.folder}}:/data"], command: ["--region={{weather.region}}"], disableNetwork: true}
config:
  secrets: [{name: weather.key, env: WEATHER_KEY, example: PLANTED-EXAMPLE-VALUE}]
  env: [{name: UNIT, value: "{{weather.unit}}", example: celsius}]
  parameters:
    type: object
    properties: {unit: {type: string, default: celsius}, region: {type: string}, folder: {type: string}}
"""


def test_a_docker_entry_is_a_container_with_its_inputs() -> None:
    found = one("servers/weather/server.yaml", DOCKER)
    assert server(found) == {
        "name": "weather",
        "type": "stdio",
        "command": "docker",
        "args": [
            *["run", "-i", "--rm", "--network", "none", "-e", "UNIT", "-e", "WEATHER_KEY"],
            *["-v", "${{ inputs.FOLDER }}:/data", "mcp/weather", "--region=${{ inputs.REGION }}"],
        ],
        "env": {"UNIT": "celsius", "WEATHER_KEY": "${{ secrets.WEATHER_KEY }}"},
    }
    assert yamltext.parse(found.manifest).value["metadata"]["tags"] == "data, iot-platform"
    assert "PLANTED" not in found.manifest + found.readme


def test_nobody_claims_what_is_something_else() -> None:
    assert outcomes("README.md", "# Hello", **{"a/LICENSE": "MIT", "package.json": "{}", "x.yaml": "a: 1"}) == []


def test_line_ends_marks_and_encodings() -> None:
    text = "---\r\ndescription: A\r\n---\r\nBody\r\n"
    found = one("a.mdc", b"\xef\xbb\xbf" + text.encode())
    assert found.manifest == text.replace("\r\n", "\n")
    [refused] = outcomes("a.mdc", b"good\nbad \xff\n")
    assert isinstance(refused, Refusal)
    assert (refused.line, refused.column) == (2, 5)


def test_every_importer_says_what_it_is() -> None:
    assert all(one.label and one.kinds and name == one.name for name, one in IMPORTERS.items())
