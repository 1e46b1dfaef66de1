"""What several targets do alike: rules in one document, rules and prompts as skills, servers in `mcpServers`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from assistants.targets.base import Rendering, Severity
from assistants.targets.parts import Parts, Prompt, Rule, Server
from assistants.targets.writing import front_matter

type Spelling = Callable[[str], str]

MAX_DESCRIPTION = 1024
HEADINGS = {
    "globs": "Applies to files that match {globs}.",
    "model": "Applies when it fits the task: {description}",
    "manual": "Applies only when somebody asks for it.",
}


def when(rule: Rule) -> str:
    """When a rule applies, in words; empty for one that always does."""
    if rule.activation == "always":
        return ""
    said = []
    if rule.globs:
        said.append(f"Applies to files that match {', '.join(f'`{glob}`' for glob in rule.globs)}.")
    if rule.regex:
        said.append(f"Applies to files whose content matches {', '.join(f'`{one}`' for one in rule.regex)}.")
    if not said:
        said.append(f"Applies when it fits the task: {rule.description}" if rule.description else HEADINGS["manual"])
    return " ".join(said)


def as_document(parts: Parts, rules: Iterable[Rule], rendering: Rendering, client: str) -> str:
    """Rules as one document, each condition as a sentence; a loss for each of those."""
    blocks = [f"# {parts.title}"]
    for rule in rules:
        condition = when(rule)
        if condition:
            rendering.lose(
                f"rule “{rule.name}”", _condition(rule), f"{client} reads it always; the condition is put in words."
            )
        blocks.append(f"## {rule.name}\n\n" + (f"_{condition}_\n\n" if condition else "") + rule.text.strip())
    return "\n\n".join(blocks) + "\n"


def _condition(rule: Rule) -> str:
    named = [name for name, value in (("globs", rule.globs), ("regex", rule.regex)) if value]
    return ", ".join(named) or ("description" if rule.activation == "model" else "alwaysApply")


def lose_regex(rule: Rule, rendering: Rendering, client: str) -> None:
    """Only Continue looks into files before it applies a rule."""
    if rule.regex:
        reason = f"{client} has no condition on what a file holds; it is put in words."
        rendering.lose(f"rule “{rule.name}”", "regex", reason, Severity.SEVERE)


def described(rule: Rule) -> str:
    """A description by which a model decides: the rule's own, or its condition in words."""
    return (rule.description or when(rule) or rule.name)[:MAX_DESCRIPTION]


def skill(folder: str, slug: str, description: str, body: str, rendering: Rendering, **more: Any) -> None:
    """A skill in `folder`, with the fields that every client takes, and `more` for the one that takes more."""
    fields = {"name": slug, "description": description[:MAX_DESCRIPTION], **more}
    rendering.add(f"{folder}/{slug}/SKILL.md", front_matter(fields, body))


def rule_as_skill(folder: str, rule: Rule, rendering: Rendering, client: str) -> None:
    """A rule that a model or a person asks for, as a skill."""
    lose_regex(rule, rendering, client)
    rendering.lose(
        f"rule “{rule.name}”", _condition(rule), f"{client} has no such rules; it becomes a skill.", Severity.NOTE
    )
    skill(folder, f"rule-{rule.slug}"[:64].rstrip("-"), described(rule), rule.text, rendering)


def prompt_as_skill(folder: str, prompt: Prompt, rendering: Rendering, client: str) -> None:
    """A prompt as a skill: for clients without commands of their own."""
    rendering.lose(f"prompt “{prompt.name}”", "prompt", f"{client} starts it as a skill, without a place for input.")
    text = prompt.with_input("what the user asked for")
    skill(folder, f"task-{prompt.slug}"[:64].rstrip("-"), prompt.description or prompt.name, text, rendering)


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
        entry["cwd"] = server.cwd
    elif server.cwd:
        rendering.lose(f"server “{server.name}”", "cwd", "The client starts it where it likes.")
    return entry


def filled(parts: Parts, values: Mapping[str, str], spell: Spelling) -> dict[str, str]:
    """A mapping of texts with its secrets spelled as the client reads them."""
    return {name: parts.filled(value, spell) for name, value in values.items()}


def lose_the_rest(
    parts: Parts, rendering: Rendering, client: str, *, models: bool = True, docs: bool = True, prompts: bool = False
) -> None:
    """What hardly any client takes from a file: models, docs, development data, context providers."""
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
