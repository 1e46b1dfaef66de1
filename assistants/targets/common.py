"""What several targets do alike: rules in one document, rules and prompts as skills, servers in `mcpServers`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from assistants.targets.base import Rendering, Severity
from assistants.targets.parts import Parts, Prompt, Rule, Server
from assistants.targets.writing import front_matter
from registry.domain.frontmatter import split_globs

type Spelling = Callable[[str], str]

MAX_DESCRIPTION = 1024


def when(rule: Rule) -> str:
    """When a rule applies, in words; empty for one that always does."""
    if rule.activation == "manual":
        return "Applies only when somebody asks for it."
    said = []
    if rule.globs:
        said.append(f"Applies to files that match {', '.join(f'`{glob}`' for glob in rule.globs)}.")
    if rule.regex:
        said.append(_regex_in_words(rule))
    if rule.activation == "model" and rule.description:
        said.append(f"Applies when it fits the task: {one_line(rule.description)}")
    return " ".join(said)


def _regex_in_words(rule: Rule) -> str:
    return f"Applies to files whose content matches {', '.join(f'`{one}`' for one in rule.regex)}."


def as_document(parts: Parts, rules: Iterable[Rule], rendering: Rendering, client: str) -> str:
    """Rules as one document, each under its name with its condition as a sentence; a loss for each of those."""
    blocks, listed = [f"# {one_line(parts.title)}"], list(rules)
    if len(listed) > 1:
        rendering.lose("rules", "document", f"{client} reads them as one document, in this order.", Severity.NOTE)
    for rule in listed:
        condition = when(rule)
        if condition:
            rendering.lose(
                f"rule “{rule.name}”", condition_of(rule), f"{client} reads it always; the condition is put in words."
            )
        lose_description(rule, rendering, f"{client} reads the text alone.")
        heading = f"## {one_line(rule.name)}\n\n"
        blocks.append(heading + (f"_{condition}_\n\n" if condition else "") + rule.text.strip())
    return "\n\n".join(blocks) + "\n"


def condition_of(rule: Rule) -> str:
    """The fields in which a rule says when it applies."""
    decided = rule.activation == "model" and rule.description
    fields = (("globs", rule.globs), ("regex", rule.regex), ("description", decided))
    return ", ".join(name for name, value in fields if value) or "alwaysApply"


def one_line(text: str) -> str:
    """A text as headings and most clients' descriptions have it: on one line."""
    return " ".join(text.split())


def lose_regex(rule: Rule, rendering: Rendering, client: str) -> None:
    """Only Continue looks into files before it applies a rule."""
    if rule.regex:
        instead = "it applies to every file that the globs match" if rule.globs else "it is put in words"
        reason = f"{client} has no condition on what a file holds; {instead}."
        rendering.lose(f"rule “{rule.name}”", "regex", reason, Severity.SEVERE)


def lose_description(rule: Rule, rendering: Rendering, reason: str) -> None:
    """A description is only told where a model decides by it."""
    if rule.description and rule.activation in ("always", "globs"):
        rendering.lose(f"rule “{rule.name}”", "description", reason, Severity.NOTE)


def lose_commas(rule: Rule, rendering: Rendering, client: str) -> None:
    """Where globs stand in one line, a comma outside braces parts them, and blanks around them are lost."""
    if rule.activation == "globs" and split_globs(",".join(rule.globs)) != list(rule.globs):
        reason = f"{client} reads globs off one line; a comma or a blank in one of these reads as another list."
        rendering.lose(f"rule “{rule.name}”", "globs", reason)


def described(rule: Rule) -> str:
    """A description by which a model decides: the rule's own, and what it looks for in a file, in words."""
    said = [rule.description.strip(), _regex_in_words(rule) if rule.regex else ""]
    return " ".join(filter(None, said)) or when(rule) or rule.name


def skill(folder: str, slug: str, description: str, body: str, item: str, rendering: Rendering) -> None:
    """A skill in `folder`, with the fields that every client takes."""
    if len(description) > MAX_DESCRIPTION:
        reason = f"A skill's description has at most {MAX_DESCRIPTION} characters; the rest is cut off."
        rendering.lose(item, "description", reason)
    fields = {"name": slug, "description": description[:MAX_DESCRIPTION]}
    rendering.add(f"{folder}/{slug}/SKILL.md", front_matter(fields, body))


def rule_as_skill(folder: str, rule: Rule, rendering: Rendering, client: str) -> None:
    """A rule that a model or a person asks for, as a skill."""
    item = f"rule “{rule.name}”"
    lose_regex(rule, rendering, client)
    rendering.lose(item, condition_of(rule), f"{client} has no such rules; it becomes a skill.", Severity.NOTE)
    skill(folder, f"rule-{rule.slug}", described(rule), rule.text, item, rendering)


def prompt_as_skill(folder: str, prompt: Prompt, rendering: Rendering, client: str) -> None:
    """A prompt as a skill: for clients without commands of their own."""
    item = f"prompt “{prompt.name}”"
    rendering.lose(item, "prompt", f"{client} starts it as a skill, without a place for input.")
    text = prompt.with_input("what the user asked for")
    skill(folder, f"task-{prompt.slug}", prompt.description or prompt.name, text, item, rendering)


def servers(
    parts: Parts, entry: Callable[[Server], Mapping[str, Any] | None], rendering: Rendering
) -> dict[str, Mapping[str, Any]]:
    """The servers as `entry` writes them, by name; those for which it gives None are left out."""
    found = {}
    for server in parts.servers:
        for name in server.other:
            rendering.lose(f"server “{server.name}”", name, "The client has no such setting.", Severity.NOTE)
        written = entry(server)
        if written is not None:
            found[server.slug] = written
    return found


def stdio(parts: Parts, server: Server, spell: Spelling, rendering: Rendering, *, cwd: bool = True) -> dict[str, Any]:
    """A local server in the usual form: command, args, env, and `cwd` for clients that know it."""
    entry: dict[str, Any] = {"command": parts.filled(server.command, spell)}
    if server.args:
        entry["args"] = [parts.filled(one, spell) for one in server.args]
    if server.env:
        entry["env"] = filled(parts, server.env, spell)
    if server.cwd and cwd:
        entry["cwd"] = parts.filled(server.cwd, spell)
    elif server.cwd:
        rendering.lose(f"server “{server.name}”", "cwd", "The client starts it where it likes.")
    return entry


def lose_sse(server: Server, rendering: Rendering, client: str) -> None:
    """Some clients have one key for all addresses."""
    if server.type == "sse":
        reason = f"{client} finds out by itself which way of HTTP the server speaks."
        rendering.lose(f"server “{server.name}”", "type", reason, Severity.NOTE)


def filled(parts: Parts, values: Mapping[str, str], spell: Spelling) -> dict[str, str]:
    """A mapping of texts with its secrets spelled as the client reads them."""
    return {name: parts.filled(value, spell) for name, value in values.items()}


def lose_the_rest(
    parts: Parts,
    rendering: Rendering,
    client: str,
    *,
    models: bool = True,
    docs: bool = True,
    prompts: bool = False,
    named: tuple[str, ...] = ("servers",),
) -> None:
    """What hardly any client takes from a file: models, docs, development data, context providers.

    `named` are the items that the client knows by a plain name only.
    """
    _lose_names(parts, rendering, client, named)
    _lose_in_texts(parts, rendering, client)
    if models:
        for model in parts.models:
            reason = f"{client} takes its models from its own settings or account."
            rendering.lose(f"model “{model['name']}”", "model", reason, Severity.SEVERE)
    if docs:
        for one in parts.docs:
            rendering.lose(f"docs “{one['name']}”", "docs", f"{client} indexes no sites.")
    if prompts:
        for prompt in parts.prompts:
            rendering.lose(f"prompt “{prompt.name}”", "prompt", f"{client} has no prompts in files.")
    for one in parts.data:
        rendering.lose(f"data “{one['name']}”", "data", f"{client} sends no development data.")
    for one in parts.context:
        rendering.lose(
            f"context “{one['provider']}”", "context", f"{client} has context providers of its own.", Severity.NOTE
        )
    if parts.config.get("requestOptions"):
        rendering.lose("requestOptions", "requestOptions", f"{client} has no options for every request.")


def _lose_names(parts: Parts, rendering: Rendering, client: str, named: tuple[str, ...]) -> None:
    groups: dict[str, tuple[Rule, ...] | tuple[Prompt, ...] | tuple[Server, ...]]
    groups = {"rules": parts.rules, "prompts": parts.prompts, "servers": parts.servers}
    changed = [one for kind in named for one in groups[kind] if one.slug != one.name and not _is_unnamed(one)]
    if changed:
        reason = f"{client} knows items by plain names, such as “{changed[0].slug}” for “{changed[0].name}”."
        rendering.lose("names", "name", reason, Severity.NOTE)


def _is_unnamed(item: Rule | Prompt | Server) -> bool:
    return isinstance(item, Rule) and not item.is_named


def _lose_in_texts(parts: Parts, rendering: Rendering, client: str) -> None:
    """What rules and prompts ask for that no client but Continue does."""
    named = [(f"rule “{one.name}”", raw) for one, raw in zip(parts.rules, parts.config.get("rules") or [], strict=True)]
    prompts = zip(parts.prompts, parts.config.get("prompts") or [], strict=True)
    for item, raw in [*named, *((f"prompt “{one.name}”", raw) for one, raw in prompts)]:
        if asked := parts.secrets_in(raw):
            reason = f"{client} fills no secrets into a text; it reads “secrets.{asked[0]}” as it stands."
            rendering.lose(item, "secrets", reason)
    for rule in parts.rules:
        if rule.invokable:
            reason = f"{client} has no command that starts a rule."
            rendering.lose(f"rule “{rule.name}”", "invokable", reason, Severity.NOTE)
