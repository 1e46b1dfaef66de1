"""From a bundle to a client's files and through our importers back: what comes back, and what may be different.

`PLACES` says of every target where each kind of item goes and who reads it back. A place without an importer says why.
What comes back is compared with the item after each declared loss has been applied to it; nothing else may differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import yaml

from assistants.targets import TARGETS, Rendering
from assistants.targets.common import MAX_DESCRIPTION, described, one_line, when
from assistants.targets.parts import Parts, Prompt, Rule, Server, of_bundle
from registry.domain import frontmatter, schema, templates, yamltext
from registry.importers import Candidate, Refusal, Source, importer_of, read

OWN_FORM = "no importer reads this form"
IS_SETTINGS = (
    "a client's own settings, of which no importer reads more than MCP servers under “mcpServers” or “servers”"
)
HOLDS_NAMES = "it names the other files and holds no item"


@dataclass(frozen=True)
class Place:
    """Where items go: `{slug}` is the item, `{assistant}` the assistant. Without `importer`, `why` says why not."""

    kind: str
    path: str
    importer: str | None = None
    why: str = ""

    def of(self, parts: Parts, slug: str = "") -> str:
        """The path of one item."""
        return self.path.format(slug=slug, assistant=parts.slug)

    def fits(self, parts: Parts, path: str) -> bool:
        """Whether a path is of this place."""
        pattern = re.escape(self.path).replace(re.escape("{slug}"), r"[a-z0-9-]+")
        return re.fullmatch(pattern.replace(re.escape("{assistant}"), re.escape(parts.slug)), path) is not None


def _skills(folder: str, *kinds: str) -> tuple[Place, ...]:
    return tuple(
        Place(f"{kind} as skill", f"{folder}/{prefix}-{{slug}}/SKILL.md", "skill")
        for kind, prefix in (("rule", "rule"), ("prompt", "task"))
        if kind in kinds
    )


PLACES: dict[str, tuple[Place, ...]] = {
    "continue": (Place("all", ".continue/assistants/{assistant}.yaml", "continue"),),
    "claude-code": (
        Place("manifest", ".claude-plugin/marketplace.json", why=HOLDS_NAMES),
        Place("manifest", "plugins/{assistant}/.claude-plugin/plugin.json", why=HOLDS_NAMES),
        Place("rule", ".claude/rules/{assistant}/{slug}.md", why=OWN_FORM),
        *_skills("plugins/{assistant}/skills", "rule"),
        Place("prompt", "plugins/{assistant}/commands/{slug}.md", why=OWN_FORM),
        Place("server", "plugins/{assistant}/.mcp.json", "mcp-json"),
    ),
    "cursor": (
        Place("manifest", ".cursor-plugin/marketplace.json", why=HOLDS_NAMES),
        Place("manifest", ".cursor-plugin/plugin.json", why=HOLDS_NAMES),
        Place("rule", ".cursor/rules/{assistant}/{slug}.mdc", "cursor"),
        Place("prompt", ".cursor/commands/{slug}.md", why=OWN_FORM),
        Place("server", ".cursor/mcp.json", "mcp-json"),
    ),
    "vscode-copilot": (
        Place("rule", ".github/instructions/{assistant}-{slug}.instructions.md", "copilot"),
        Place("prompt", ".github/prompts/{slug}.prompt.md", "prompt"),
        Place("server", ".vscode/mcp.json", "mcp-json"),
    ),
    "copilot-cli": (
        Place("rule", ".github/instructions/{assistant}-{slug}.instructions.md", "copilot"),
        *_skills(".github/skills", "prompt"),
        Place("server", ".github/mcp.json", "mcp-json"),
    ),
    "codex": (
        Place("document", "AGENTS.md", "context"),
        *_skills(".agents/skills", "rule", "prompt"),
        Place("server", ".codex/config.toml", why=IS_SETTINGS),
    ),
    "gemini": (
        Place("document", "GEMINI.md", "context"),
        *_skills("skills", "rule", "prompt"),
        Place("prompt", "commands/{slug}.toml", why=OWN_FORM),
        Place("server", "gemini-extension.json", "mcp-json"),
    ),
    "opencode": (
        Place("rule", ".opencode/rules/{assistant}/{slug}.md", why=OWN_FORM),
        *_skills(".opencode/skill", "rule"),
        Place("prompt", ".opencode/command/{slug}.md", why=OWN_FORM),
        Place("server", "opencode.json", why=IS_SETTINGS),
    ),
    "windsurf": (
        Place("rule", ".windsurf/rules/{assistant}-{slug}.md", "windsurf"),
        Place("prompt", ".windsurf/workflows/{slug}.md", why=OWN_FORM),
        Place("server", "mcp_config.json", "mcp-json"),
    ),
    "zed": (
        Place("document", ".rules", why=OWN_FORM),
        *_skills(".agents/skills", "rule", "prompt"),
        Place("server", ".zed/settings.json", why=IS_SETTINGS),
    ),
    "junie": (
        Place("document", ".junie/AGENTS.md", "context"),
        *_skills(".junie/skills", "rule", "prompt"),
        Place("server", ".junie/mcp/mcp.json", "mcp-json"),
    ),
    "agents-md": (Place("document", "AGENTS.md", "context"),),
}


@dataclass
class Back:
    """What the importers make of a rendering, by path and item."""

    parts: Parts
    rendering: Rendering
    target: str
    found: dict[tuple[str, str], Candidate] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)

    @classmethod
    def of(cls, target: str, document: dict[str, Any]) -> Back:
        """Render a bundle and read it back."""
        parts = of_bundle(document)
        made = cls(parts, TARGETS[target].render(parts), target)
        for outcome in read(sources(made.rendering)):
            if isinstance(outcome, Candidate):
                made.found[outcome.path, outcome.item] = outcome
            else:
                made.refused.append(outcome)
        return made

    def losses(self, item: str) -> set[str]:
        """The fields of an item that are said to be lost."""
        return {name for loss in self.rendering.losses if loss.item == item for name in loss.field.split(", ")}

    def has_items(self) -> bool:
        """Whether there is anything to read back."""
        return any(self.parts.config.get(section) for section in schema.SECTIONS)

    def place(self, kind: str, slug: str = "") -> tuple[Place, str] | None:
        """Where an item of a kind went; None if nowhere."""
        for place in PLACES[self.target]:
            path = place.of(self.parts, slug)
            if place.kind == kind and path in self.rendering.files:
                return place, path
        return None


def sources(rendering: Rendering) -> list[Source]:
    """The files as importers take them."""
    return [Source(path, text.encode()) for path, text in rendering.files.items()]


def differences(target: str, document: dict[str, Any]) -> list[str]:
    """What came back otherwise than it went out, although no loss says so. Empty if all is well."""
    back = Back.of(target, document)
    found = [f"refused: {one.path}: {one.sentence}" for one in back.refused]
    found += _unknown_files(back)
    if target == "continue":
        return [*found, *_of_continue(back)]
    for rule in back.parts.rules:
        found += _of_rule(back, rule)
    found += _of_document(back)
    for prompt in back.parts.prompts:
        found += _of_prompt(back, prompt)
    for server in back.parts.servers:
        found += _of_server(back, server)
    for kind, section in (("model", "models"), ("docs", "docs"), ("data", "data"), ("context", "context")):
        for item in back.parts.config.get(section) or []:
            name = item.get("name") if kind != "context" else item["provider"]
            if not back.losses(f"{kind} “{name}”") and not (target == "opencode" and kind == "model"):
                found.append(f"{kind} {name}: gone, and no loss says so")
    if back.parts.config.get("requestOptions") and not back.losses("requestOptions"):
        found.append("requestOptions: gone, and no loss says so")
    return found


def _unknown_files(back: Back) -> Iterable[str]:
    for path, text in back.rendering.files.items():
        fitting = [place for place in PLACES[back.target] if place.fits(back.parts, path)]
        claimed = importer_of(Source(path, text.encode()))
        if not fitting:
            yield f"{path}: the table does not know it"
        elif (name := claimed.name if claimed else None) != fitting[0].importer and claimed:
            yield f"{path}: is read by {name}, which the table does not know"
        elif claimed is None and fitting[0].importer and fitting[0].kind != "server" and back.has_items():
            yield f"{path}: is not read by {fitting[0].importer}"


def _compare(label: str, wanted: dict[str, Any], got: dict[str, Any]) -> list[str]:
    return [
        f"{label}: {key} is {got.get(key)!r} and not {wanted.get(key)!r}"
        for key in sorted(wanted.keys() | got.keys())
        if wanted.get(key) != got.get(key)
    ]


def _as_dict(rule: Rule, name: str) -> dict[str, Any]:
    return {
        "name": name, "rule": rule.text.strip(), "activation": rule.activation, "description": one_line(rule.description),
        "globs": rule.globs, "regex": rule.regex, "invokable": rule.invokable,
    }  # fmt: skip


def _of_rule(back: Back, rule: Rule) -> list[str]:
    item = f"rule “{rule.name}”"
    lost = back.losses(item)
    if where := back.place("rule as skill", rule.slug):
        if not lost & {"globs", "regex", "description", "alwaysApply"}:
            return [f"{item}: became a skill, and no loss says so"]
        return _of_skill(back, where[1], described(rule), rule.text, lost, item)
    where = back.place("rule", rule.slug)
    if where is None:
        # In the document, then.
        return []
    place, path = where
    if place.importer is None:
        return []
    got = _rule_of(back.found[path, ""])
    wanted = _after(rule, lost)
    if "description" in lost and not got.description:
        wanted = replace(wanted, description="")
    name = rule.name if rule.name == got.name else _declared_name(back, rule, path)
    return _compare(item, _as_dict(wanted, name), _as_dict(got, got.name))


def _declared_name(back: Back, item: Rule | Prompt, path: str) -> str:
    """The name that a file gives its item, if a loss says that names become plain."""
    stem = path.rpartition("/")[2].partition(".")[0]
    unnamed = isinstance(item, Rule) and not item.is_named
    said = unnamed or item.slug == item.name or back.losses("names")
    return stem if said and stem.endswith(item.slug) else item.name


def _after(rule: Rule, lost: set[str]) -> Rule:
    """A rule after its losses."""
    if "regex" in lost:
        words = described(rule) if rule.activation == "model" else rule.description
        rule = replace(rule, regex=(), description=words)
    if "invokable" in lost:
        rule = replace(rule, invokable=False)
    if "globs" in lost:
        globs = tuple(frontmatter.split_globs(",".join(rule.globs)))
        everything = all(one in ("*", "**", "**/*", "/**") for one in globs)
        rule = replace(rule, activation="always", globs=()) if everything else replace(rule, globs=globs)
    return rule


def _rule_of(candidate: Candidate) -> Rule:
    item = frontmatter.parse_rule(candidate.manifest, default_name=candidate.path.rpartition("/")[2].partition(".")[0])
    return of_bundle(_bundle_of("rules", item)).rules[0]


def _bundle_of(section: str, item: dict[str, Any]) -> dict[str, Any]:
    """A bundle of one item, whose secrets keep their names."""
    return {
        "assistant": {"package": "a/b", "version": "1.0.0"},
        "config": {"name": "x", section: [item]},
        "secrets": [{"name": one, "fqsn": one} for one in sorted(templates.names(item, templates.SECRETS))],
    }


def _of_skill(back: Back, path: str, description: str, text: str, lost: set[str], item: str) -> list[str]:
    candidate = back.found[path, ""]
    parts = frontmatter.split(candidate.manifest)
    assert parts is not None
    if "description" in lost and len(description) > MAX_DESCRIPTION:
        description = description[:MAX_DESCRIPTION]
    fields = yaml.safe_load(parts.front)
    wanted = {"name": path.split("/")[-2], "description": one_line(description), "text": text.strip()}
    got = {"name": fields["name"], "description": one_line(fields["description"]), "text": parts.body}
    return _compare(item, wanted, got)


def _of_document(back: Back) -> list[str]:
    """One rule, in which each rule that is in no file of its own stands under its name, in order."""
    own = [one for one in back.parts.rules if back.place("rule", one.slug) or back.place("rule as skill", one.slug)]
    held = [one for one in back.parts.rules if one not in own]
    where = back.place("document")
    if where is None:
        return [f"rule “{one.name}”: is nowhere" for one in held]
    place, path = where
    found = []
    if place.importer is None:
        text = back.rendering.files[path]
    else:
        document = _rule_of(back.found[path, ""])
        text = document.text
        if document.activation != "always":
            found.append(f"{path}: applies {document.activation}")
    if len(held) > 1 and not back.losses("rules"):
        found.append(f"{path}: several rules became one, and no loss says so")
    blocks = [f"# {one_line(back.parts.title)}"]
    for rule in held:
        item, condition = f"rule “{rule.name}”", when(rule)
        lost = back.losses(item)
        needed = {name for name in ("globs", "regex", "description", "invokable") if getattr(rule, name)}
        needed |= {"alwaysApply"} if rule.activation == "manual" else set()
        found += [f"{item}: {name} is gone, and no loss says so" for name in sorted(needed - lost)]
        blocks += [f"## {one_line(rule.name)}", *([f"_{condition}_"] if condition else []), rule.text.strip()]
    if text.strip() != "\n\n".join(blocks):
        found.append(f"{path}: the text is another: {text!r}")
    return found


def _of_prompt(back: Back, prompt: Prompt) -> list[str]:
    item = f"prompt “{prompt.name}”"
    lost = back.losses(item)
    if where := back.place("prompt as skill", prompt.slug):
        if "prompt" not in lost:
            return [f"{item}: became a skill, and no loss says so"]
        text = prompt.with_input("what the user asked for")
        return _of_skill(back, where[1], prompt.description or prompt.name, text, lost, item)
    where = back.place("prompt", prompt.slug)
    if where is None:
        return [] if "prompt" in lost else [f"{item}: is nowhere, and no loss says so"]
    place, path = where
    if place.importer is None:
        return []
    (got,) = yamltext.parse(back.found[path, ""].manifest).value["prompts"]
    wanted = {"name": prompt.name, "prompt": prompt.with_input("{{{ input }}}").strip()}
    wanted["name"] = prompt.name if got["name"] == prompt.name else _declared_name(back, prompt, path)
    if prompt.description.strip():
        wanted["description"] = one_line(prompt.description)
    return _compare(item, wanted, got)


def _server_dict(server: Server, variables: dict[str, str], *, masked: bool = False) -> dict[str, Any]:
    def known(text: str) -> str:
        if masked:
            # A marked place is filled in by hand; what the importer takes it for does not matter.
            return "?" if re.search(r"<[A-Z0-9_]+>", text) or templates.VARIABLE.search(text) else text
        return templates.VARIABLE.sub(
            lambda one: (
                f"${{{{ secrets.{variables.get(one[1].removeprefix('secrets.'), one[1].removeprefix('secrets.'))} }}}}"
            ),
            text,
        )

    return {
        "command": known(server.command), "args": [known(one) for one in server.args], "cwd": known(server.cwd),
        "env": {name: known(value) for name, value in server.env.items()}, "url": known(server.url), "type": server.type,
        "headers": {name: known(value) for name, value in server.headers.items()}, "other": server.other,
    }  # fmt: skip


def _of_server(back: Back, server: Server) -> list[str]:
    item = f"server “{server.name}”"
    lost = back.losses(item)
    where = back.place("server")
    if where is None:
        return [] if lost else [f"{item}: is nowhere, and no loss says so"]
    place, path = where
    if place.importer is None:
        return []
    if (path, server.slug) not in back.found:
        return [f"{item}: did not come back"]
    (raw,) = yamltext.parse(back.found[path, server.slug].manifest).value["mcpServers"]
    got = of_bundle(_bundle_of("mcpServers", raw)).servers[0]
    found = [] if server.slug == server.name or back.losses("names") else [f"{item}: its name is gone"]
    masked = "secrets" in lost
    wanted = _server_dict(server, dict(back.parts.variables), masked=masked)
    wanted["env"] = _after_import(back.found[path, server.slug], wanted["env"])
    if "cwd" in lost:
        wanted["cwd"] = ""
    if "type" in lost:
        wanted["type"] = got.type
    wanted["other"] = tuple(name for name in server.other if name not in lost)
    return found + _compare(item, wanted, _server_dict(got, {}, masked=masked))


def _after_import(candidate: Candidate, env: dict[str, str]) -> dict[str, str]:
    """A server's variables after what the importer says of secrets that it found in the midst of other text."""
    said = [
        re.fullmatch(r"“(.*)” held more than a variable; all of it is one secret now.", one) for one in candidate.losses
    ]
    names = {one[1] for one in said if one}
    return {key: f"${{{{ secrets.{key} }}}}" if key in names else value for key, value in env.items()}


def _of_continue(back: Back) -> list[str]:
    """Everything, item by item, as it was; only secrets are called by their short names."""
    (path,) = back.rendering.files
    config, variables = back.parts.config, back.parts.variables
    held = [section for section in schema.SECTIONS if config.get(section)]
    if not held:
        return []
    assistants = [one for one in back.found.values() if one.kind == "assistant"]
    if assistants:
        (assistant,) = assistants
        got = yamltext.parse(assistant.manifest).value
    else:
        ((_, only),) = back.found.items()
        got = yamltext.parse(only.manifest).value
    found = []
    for section in (*held, "requestOptions"):
        if not config.get(section):
            continue
        wanted = templates.replace(
            config[section],
            lambda name: (
                f"${{{{ secrets.{variables[name.removeprefix('secrets.')]} }}}}" if name in _named(variables) else None
            ),
        )
        if section == "requestOptions":
            found += [] if got.get(section) == wanted else [f"{section}: {got.get(section)!r}"]
            continue
        for entry, item in zip(got[section], wanted, strict=True):
            came, candidate = _used(back, path, entry)
            whole = _full(item, candidate) if section == "mcpServers" else item
            if came != whole:
                found.append(f"{section}: {came!r} and not {whole!r}")
    return found


def _full(item: dict[str, Any], candidate: Candidate | None) -> dict[str, Any]:
    """A server without what the hub adds and without empty fields, with its type."""
    full = {key: value for key, value in item.items() if key != "sourceSlug" and value not in ({}, [])}
    if options := {key: value for key, value in item.get("requestOptions", {}).items() if value not in ({}, [])}:
        full["requestOptions"] = options
    else:
        full.pop("requestOptions", None)
    if "env" in full and candidate:
        full["env"] = _after_import(candidate, full["env"])
    return {"type": "stdio", **full} if "command" in full else full


def _named(variables: Any) -> set[str]:
    return {f"secrets.{name}" for name in variables}


def _used(back: Back, path: str, entry: Any) -> tuple[Any, Candidate | None]:
    """The item that an entry of the assistant stands for, and what it was imported as."""
    if not isinstance(entry, dict) or "uses" not in entry:
        return entry, back.found.get((path, ""))
    item = re.fullmatch(r"part:\[(.*)\]", entry["uses"])
    assert item is not None
    value = yamltext.parse(back.found[path, item[1]].manifest).value
    (section,) = [key for key in value if key in ("models", "data", "mcpServers", "rules", "prompts", "docs")]
    return value[section][0], back.found[path, item[1]]
