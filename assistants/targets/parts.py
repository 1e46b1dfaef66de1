"""A bundle taken apart for targets: rules by how they come into play, servers by how they are reached, secrets by a name.

When a rule applies follows Continue's own logic (contract continue-client 8.2): a rule without conditions always applies,
one with globs or a regular expression when they match, one that is kept back applies when the model asks for it by its
description, or when a person does. What a rule that always applies says about files has no effect, so it is left out here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from registry.domain import templates

type Activation = Literal["always", "globs", "model", "manual"]

_NOT_SLUG = re.compile(r"[^a-z0-9]+")
_NOT_VARIABLE = re.compile(r"[^A-Z0-9]+")
_LONGEST_SLUG = 50
# No file there can be called so, whatever its ending.
_OF_WINDOWS = re.compile(r"con|prn|aux|nul|com[0-9]|lpt[0-9]")
_INPUT = re.compile(r"\{\{\{?\s*input\s*\}?\}\}")


@dataclass(frozen=True)
class Rule:
    """Instructions, and when they apply."""

    name: str
    slug: str
    text: str
    activation: Activation
    description: str = ""
    globs: tuple[str, ...] = ()
    regex: tuple[str, ...] = ()
    invokable: bool = False
    is_named: bool = True
    """Whether it is called so by whoever wrote it, and not by its own first words."""


@dataclass(frozen=True)
class Prompt:
    """A task that a person starts by name. `takes_input` if its text has a place for what the person adds."""

    name: str
    slug: str
    text: str
    description: str = ""
    takes_input: bool = False

    def with_input(self, variable: str) -> str:
        """The text with `variable` where the person's words go."""
        return _INPUT.sub(lambda _: variable, self.text)


@dataclass(frozen=True)
class Server:
    """A tool server. Texts may hold secrets as `${{ secrets.… }}`."""

    name: str
    slug: str
    command: str = ""
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: str = ""
    url: str = ""
    type: str = "stdio"
    headers: Mapping[str, str] = field(default_factory=dict)
    other: tuple[str, ...] = ()

    @property
    def is_remote(self) -> bool:
        """Whether it is reached at an address."""
        return bool(self.url)


@dataclass(frozen=True)
class Parts:
    """An assistant for one client. `item` keeps the original of each model, doc, data sink and context provider."""

    package: str
    slug: str
    title: str
    version: str
    description: str
    rules: tuple[Rule, ...]
    prompts: tuple[Prompt, ...]
    servers: tuple[Server, ...]
    models: tuple[Mapping[str, Any], ...]
    docs: tuple[Mapping[str, Any], ...]
    data: tuple[Mapping[str, Any], ...]
    context: tuple[Mapping[str, Any], ...]
    config: Mapping[str, Any]
    variables: Mapping[str, str]

    def filled(self, text: str, write: Callable[[str], str]) -> str:
        """`text` with each secret as `write(variable)` spells it."""
        return fill(text, self.variables, write)

    def secrets_in(self, value: Any) -> list[str]:
        """The variables of the secrets in a value, in alphabetical order."""
        return sorted({self.variables[name] for name in templates.names(value, templates.SECRETS)})


def fill(text: str, variables: Mapping[str, str], write: Callable[[str], str]) -> str:
    """`text` with each secret that `variables` names, as `write` spells its variable."""

    def one(name: str) -> str | None:
        if not name.startswith(templates.SECRETS):
            return None
        return write(variables[name.removeprefix(templates.SECRETS)])

    replaced: str = templates.replace(text, one)
    return replaced


def of_bundle(document: Mapping[str, Any], description: str = "") -> Parts:
    """The parts of a bundle (`assistant-hub/bundle/v1`)."""
    config, package = document["config"], document["assistant"]["package"]
    variables = variables_of(document)
    taken: dict[str, set[str]] = {}

    def marked(text: str) -> str:
        # No client but Continue fills secrets into instructions, and many that name one are about something else, such
        # as GitHub's workflows. So they stay as they were written.
        return fill(text, variables, lambda variable: f"${{{{ secrets.{variable} }}}}")

    return Parts(
        package=package,
        slug=slugged(package.partition("/")[2], set()),
        title=str(config["name"]),
        version=document["assistant"]["version"],
        description=description or f"{config['name']}, from {package}",
        rules=tuple(
            _rule(item, number, marked, taken.setdefault("rules", set()))
            for number, item in enumerate(config.get("rules") or [], 1)
        ),
        prompts=tuple(
            _prompt(item, marked, taken.setdefault("prompts", set())) for item in config.get("prompts") or []
        ),
        servers=tuple(_server(item, taken.setdefault("servers", set())) for item in config.get("mcpServers") or []),
        models=tuple(config.get("models") or []),
        docs=tuple(config.get("docs") or []),
        data=tuple(config.get("data") or []),
        context=tuple(config.get("context") or []),
        config=config,
        variables=variables,
    )


def variables_of(document: Mapping[str, Any]) -> dict[str, str]:
    """A variable for each secret: its own name, or with its packages where two secrets have one name.

    Never one variable for two secrets: the one would be handed to a server that asked for the other.
    """
    names = [str(secret["fqsn"]) for secret in document["secrets"]]
    short = [_variable(name.rpartition("/")[2]) for name in names]
    chosen: dict[str, str] = {}
    owners: dict[str, tuple[str, ...]] = {}
    for name, plain in zip(names, short, strict=True):
        # The same package may be used through several others; the last two words of its name tell it from others.
        owner = tuple(name.split("/")[-3:])
        base = plain if short.count(plain) == 1 else _variable("_".join(owner))
        variable, number = base, 1
        while owners.setdefault(variable, owner) != owner:
            number += 1
            variable = f"{base}_{number}"
        chosen[name] = variable
    return chosen


def slugged(text: str, taken: set[str]) -> str:
    """A name that files and folders can have, another one for each text.

    A skill's name has at most 64 characters: what tells two apart and what a target puts before it has to fit in as well.
    """
    base = _NOT_SLUG.sub("-", text.lower()).strip("-")[:_LONGEST_SLUG].strip("-") or "item"
    base = f"{base}-item" if _OF_WINDOWS.fullmatch(base) else base
    slug, number = base, 1
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    taken.add(slug)
    return slug


def _variable(text: str) -> str:
    name = _NOT_VARIABLE.sub("_", text.upper()).strip("_") or "SECRET"
    return f"SECRET_{name}" if name[0].isdigit() else name


def _rule(item: Any, number: int, marked: Callable[[str], str], taken: set[str]) -> Rule:
    if isinstance(item, str):
        name = _first_words(item) or f"Rule {number}"
        return Rule(name, slugged(name, taken), marked(item), "always", is_named=False)
    globs, regex = _texts(item.get("globs")), _texts(item.get("regex"))
    always, description = item.get("alwaysApply"), marked(str(item.get("description") or ""))
    activation: Activation
    if always is True or (always is None and not globs and not regex):
        activation, globs, regex = "always", (), ()
    elif globs or regex:
        activation = "globs" if globs else "model"
    else:
        activation = "model" if description else "manual"
    return Rule(
        str(item["name"]), slugged(str(item["name"]), taken), marked(item["rule"]), activation, description, globs, regex,
        bool(item.get("invokable")),
    )  # fmt: skip


def _prompt(item: Mapping[str, Any], marked: Callable[[str], str], taken: set[str]) -> Prompt:
    text = marked(str(item["prompt"]))
    return Prompt(
        str(item["name"]),
        slugged(str(item["name"]), taken),
        text,
        marked(str(item.get("description") or "")),
        _INPUT.search(text) is not None,
    )


def _server(item: Mapping[str, Any], taken: set[str]) -> Server:
    options = item.get("requestOptions") or {}
    headers = dict(options.get("headers") or {})
    if item.get("apiKey"):
        headers.setdefault("Authorization", f"Bearer {item['apiKey']}")
    other = [f"requestOptions.{name}" for name in sorted(options) if name != "headers"]
    other += [name for name in ("connectionTimeout", "faviconUrl", "serverName") if item.get(name)]
    return Server(
        name=str(item["name"]),
        slug=slugged(str(item["name"]), taken),
        command=str(item.get("command") or ""),
        args=tuple(map(str, item.get("args") or ())),
        env={name: str(value) for name, value in (item.get("env") or {}).items()},
        cwd=str(item.get("cwd") or ""),
        url=str(item.get("url") or ""),
        type=str(item.get("type") or ("streamable-http" if item.get("url") else "stdio")),
        headers={name: str(value) for name, value in headers.items()},
        other=tuple(other),
    )


def _texts(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(map(str, value))


def _first_words(text: str) -> str:
    return " ".join(re.sub(r"[#*`_>]", " ", next(iter(text.strip().splitlines()), "")).split()[:6])
