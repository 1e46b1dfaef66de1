"""What a release depends on: other packages, programs that MCP servers fetch, services, models."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import SplitResult, urlsplit

from registry.domain import commands
from registry.domain.commands import Launch

type DependencyType = Literal["package", "program", "service", "model"]

_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9a-f:.]+", re.IGNORECASE)
# Their models have tags, as images have.
_MODEL_HOSTS = frozenset({"ollama", "lmstudio", "llama.cpp", "llamafile", "vllm"})


@dataclass(frozen=True)
class Dependency:
    """One thing that a release needs.

    `ecosystem` says where its name counts: `hub`, `npm`, `pypi`, `oci`, `git`, a host, or a model's provider.
    `required_by` is the package that names it, `path` the place in its manifest.
    """

    type: DependencyType
    ecosystem: str
    name: str
    version: str = ""
    digest: str = ""
    path: str = ""
    required_by: str = ""
    kind: str = ""
    license: str = ""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What makes it one thing, however many need it."""
        return (self.type, self.ecosystem, self.name, self.version)


@dataclass(frozen=True)
class Dependencies:
    """What a reader may see of them, in the order of the manifest, and how many they may not."""

    visible: tuple[Dependency, ...] = field(default=())
    hidden: int = 0


def of_release(content: Mapping[str, Any], document: Mapping[str, Any] | None, required_by: str) -> list[Dependency]:
    """What one release needs: of an MCP server all ways to start or reach it, where its server.json tells them."""
    if document is None or not (document.get("packages") or document.get("remotes")):
        return of_config(content, required_by)
    return [*_packages(document, required_by), *_remotes(document, required_by)]


def of_config(content: Mapping[str, Any], required_by: str) -> list[Dependency]:
    """What the items written out in a config.yaml need."""
    return [*_servers(content, required_by), *_models(content, required_by)]


def _servers(content: Mapping[str, Any], required_by: str) -> Iterator[Dependency]:
    for index, item in enumerate(content.get("mcpServers") or []):
        if not isinstance(item, dict):
            continue
        path = f"mcpServers[{index}]"
        words = [str(item.get("command") or ""), *(str(word) for word in item.get("args") or [])]
        launch = commands.launch_of(words)
        if launch is not None:
            yield _program(launch, path, required_by)
        elif address := _address(str(item.get("url") or "")):
            yield Dependency("service", address.netloc, address.geturl(), path=path, required_by=required_by)


def _packages(document: Mapping[str, Any], required_by: str) -> Iterator[Dependency]:
    for index, one in enumerate(document.get("packages") or []):
        ecosystem, name, version = str(one["registryType"]), str(one["identifier"]), str(one.get("version") or "")
        digest = f"sha256:{one['fileSha256']}" if one.get("fileSha256") else ""
        path = f"packages[{index}]"
        if ecosystem == "oci":
            launch = commands.launch_of(["docker", "run", name])
            if launch is not None:
                name, version, digest = launch.name, launch.version or version, launch.digest
        yield Dependency("program", ecosystem, name, version, digest, path, required_by)


def _remotes(document: Mapping[str, Any], required_by: str) -> Iterator[Dependency]:
    for index, one in enumerate(document.get("remotes") or []):
        if address := _address(str(one.get("url") or "")):
            path = f"remotes[{index}]"
            yield Dependency("service", address.netloc, address.geturl(), path=path, required_by=required_by)


def _program(launch: Launch, path: str, required_by: str) -> Dependency:
    return Dependency("program", launch.ecosystem, launch.name, launch.version, launch.digest, path, required_by)


def _models(content: Mapping[str, Any], required_by: str) -> Iterator[Dependency]:
    for index, item in enumerate(content.get("models") or []):
        if isinstance(item, dict) and item.get("model"):
            provider = str(item.get("provider") or "")
            name, _, tag = (
                str(item["model"]).partition(":") if provider in _MODEL_HOSTS else (str(item["model"]), "", "")
            )
            yield Dependency("model", provider, name, tag, path=f"models[{index}]", required_by=required_by)


def _address(text: str) -> SplitResult | None:
    """An address without what comes after its path; None where it is none, or where a variable stands for its host."""
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host):
        return None
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="")
