"""Entries of Docker's MCP catalogue (`server.yaml`): a container that is started, or a remote server."""

from __future__ import annotations

import re
from typing import Any

from registry.importers import blocks, credentials, mcp_servers
from registry.importers.base import Candidate, Importer, Outcome, Refused, Source
from registry.importers.naming import slug
from registry.importers.texts import decode, list_of, mapping_of, yaml_of

_TYPE = re.compile(rb"^type:[ \t]*[\"']?(?:server|remote|poci)\b", re.MULTILINE)
_ABOUT = re.compile(rb"^(?:about|meta):", re.MULTILINE)
_PLACE = re.compile(r"\{\{\s*([\w.-]+)((?:\|[\w-]+)*)\s*\}\}")


def claims(source: Source) -> bool:
    """YAML with a type that the catalogue knows, and its `about` or `meta`."""
    head = source.content[: 256 * 1024]
    is_yaml = source.name.lower().endswith((".yaml", ".yml"))
    return is_yaml and _TYPE.search(head) is not None and _ABOUT.search(head) is not None


def read(source: Source, beside: tuple[Source, ...]) -> list[Outcome]:
    """One MCP server. Samples of values are left out; settings become inputs, and secrets secrets."""
    document = yaml_of(decode(source), source.path)
    value = document.value
    if not isinstance(value, dict) or not value.get("name"):
        raise Refused("The entry has no name.", "Add “name”.")
    try:
        return [_Entry(source, value).candidate()]
    except Refused as refused:
        refused.line = document.key_place(("type",)).line
        raise


class _Entry:
    """One entry while it is read."""

    def __init__(self, source: Source, value: dict[str, Any]) -> None:
        self.source, self.value = source, value
        self.name = str(value["name"])
        self.config = mapping_of(value.get("config"))
        self.settings = mapping_of(mapping_of(self.config.get("parameters")).get("properties"))
        self.losses: list[str] = []

    def candidate(self) -> Candidate:
        """The package that the entry becomes."""
        match self.value.get("type"):
            case "server":
                raw = self.container()
            case "remote":
                raw = self.remote()
            case other:
                raise Refused(f"Entries of the type “{other}” are tools without a server.", "Leave it out.")
        item, losses = mcp_servers.item(self.name, raw, {})
        about, meta = mapping_of(self.value.get("about")), mapping_of(self.value.get("meta"))
        summary = blocks.one_line(about.get("description"))
        tags = [str(one) for one in list_of(meta.get("tags")) if isinstance(one, str)]
        metadata = {
            "description": summary,
            "tags": ", ".join(dict.fromkeys(re.sub(r"\s+", "-", one) for one in tags)),
            "sourceCodeUrl": self.code(),
            "iconUrl": str(about.get("icon") or ""),
        }
        title = blocks.one_line(about.get("title"), 200) or self.name
        return Candidate(
            self.source.path,
            "mcp-server",
            slug(self.name),
            blocks.manifest(title, "mcpServers", item, metadata),
            summary=summary,
            readme=self.readme(title),
            losses=(*self.losses, *losses),
            is_generated=True,
        )

    def container(self) -> dict[str, Any]:
        """`docker run` with the entry's variables, folders and arguments."""
        if not self.value.get("image"):
            raise Refused("The entry names no image.", "Add “image”.")
        run = mapping_of(self.value.get("run"))
        env = self.environment()
        args = ["run", "-i", "--rm"]
        args += ["--network", "none"] if run.get("disableNetwork") else []
        args += [word for name in env for word in ("-e", name)]
        args += [word for one in list_of(run.get("volumes")) for word in ("-v", self.filled(str(one)))]
        if run.get("user"):
            args += ["-u", self.filled(str(run["user"]))]
        args += [str(self.value["image"]), *(self.filled(str(one)) for one in list_of(run.get("command")))]
        left = sorted(run.keys() - {"command", "volumes", "user", "disableNetwork"})
        if left:
            self.losses.append(f"Not carried over from “run”: {', '.join(map(str, left))}.")
        return {"command": "docker", "args": args, "env": env}

    def remote(self) -> dict[str, Any]:
        """The address with its headers."""
        remote = mapping_of(self.value.get("remote"))
        if not remote.get("url"):
            raise Refused("The entry has no address.", "Add “remote” with “url”.")
        if self.value.get("oauth"):
            self.losses.append("It signs in by OAuth, which the client does.")
        return {
            "type": str(remote.get("transport_type") or "streamable-http"),
            "url": self.filled(str(remote["url"])),
            "headers": {str(key): self.filled(str(one)) for key, one in mapping_of(remote.get("headers")).items()},
        }

    def environment(self) -> dict[str, str]:
        """Variables of the container: secrets by name, the others by value or as inputs."""
        env = {}
        for one in list_of(self.config.get("env")):
            if isinstance(one, dict) and one.get("name"):
                name = str(one["name"])
                text = self.filled(str(one.get("value", "")))
                env[name] = credentials.variable(name) if credentials.is_secret(name, "a value") and text else text
        for one in list_of(self.config.get("secrets")):
            if isinstance(one, dict) and one.get("env"):
                env[str(one["env"])] = credentials.variable(str(one["env"]))
        return env

    def filled(self, text: str) -> str:
        """A text with the entry's settings in it: their default if there is one, else an input."""

        def of(found: re.Match[str]) -> str:
            name = found[1].rpartition(".")[2]
            setting = mapping_of(self.settings.get(name))
            if found[2]:
                self.losses.append(f"“{found[0]}” stands for several values; give one.")
            default = setting.get("default")
            if isinstance(default, str | int) and not found[2] and not credentials.is_secret(name, str(default)):
                return str(default).lower() if isinstance(default, bool) else str(default)
            return credentials.variable(name, is_secret=False)

        return _PLACE.sub(of, text)

    def readme(self, title: str) -> str:
        """The entry's description where it is longer than a summary, and what its settings mean."""
        description = mapping_of(self.value.get("about")).get("description")
        parts = [f"# {title}", description.strip() if isinstance(description, str) else ""]
        rows = [
            f"- `{name}`: {blocks.one_line(mapping_of(one).get('description'))}"
            for name, one in self.settings.items()
            if mapping_of(one).get("description")
        ]
        return "\n\n".join([*(part for part in parts if part), "\n".join(rows)]).strip() + "\n"

    def code(self) -> str:
        """Where the code is, at the commit that the entry names."""
        source = mapping_of(self.value.get("source"))
        project, commit = str(source.get("project") or ""), str(source.get("commit") or "")
        return f"{project}/tree/{commit}" if project and commit and "github.com" in project else project


DOCKER_CATALOGUE = Importer("docker", "Docker's MCP catalogue (server.yaml)", ("mcp-server",), claims, read)
