"""What an MCP server fetches to run: packages of npm, PyPI and others, images, and addresses that it connects to.

Read off the command line of a manifest, and off the packages and remotes of a server.json.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

_NPM = {"npx": (), "bunx": (), "pnpx": (), "npm": ("exec",), "pnpm": ("dlx",), "yarn": ("dlx",)}
_PYPI = {"uvx": (), "uv": ("tool", "run"), "pipx": ("run",)}
_OCI = {"docker": ("run",), "podman": ("run",), "nerdctl": ("run",)}
# Options of those programs that name the package, and options that take a value which is none.
_NAMING = {"npm": {"-p", "--package"}, "pypi": {"--from", "--spec"}, "oci": set[str]()}
_VALUED = {
    "npm": {"-c", "--call", "-w", "--workspace", "--registry"},
    "pypi": {"--with", "-p", "--python", "--index-url", "--extra-index-url", "--default-index", "--index"},
    "oci": {
        *("-e", "--env", "--env-file", "-v", "--volume", "--mount", "-p", "--publish", "--name", "--network", "--net"),
        *("-w", "--workdir", "-u", "--user", "--entrypoint", "-m", "--memory", "--cpus", "-l", "--label", "-h"),
        *("--hostname", "--add-host", "--platform", "--pull", "--security-opt", "--cap-add", "--cap-drop", "--gpus"),
    },
}  # fmt: skip
_EXACT = re.compile(r"v?\d+(\.\d+){0,3}([-+.]?[0-9A-Za-z.+-]+)?")


@dataclass(frozen=True)
class Needed:
    """One thing that is fetched or connected to. `source` is npm, pypi, oci, remote, or another registry's name.

    `is_exact` says whether the version means the same thing tomorrow; an address has none, and never does.
    """

    source: str
    name: str
    version: str = ""
    is_exact: bool = False


def needed(content: Mapping[str, Any], document: Mapping[str, Any] | None = None) -> list[Needed]:
    """What the servers of a parsed manifest need, without repetition; `document` is the server.json it was made from, if any."""
    found = list(_of_document(document or {}))
    for server in content.get("mcpServers") or []:
        if isinstance(server, Mapping) and not found:
            found += _of_server(server)
    return list(dict.fromkeys(found))


def _of_document(document: Mapping[str, Any]) -> Iterator[Needed]:
    for package in document.get("packages") or []:
        name, version = str(package.get("identifier") or ""), str(package.get("version") or "")
        if name and package.get("registryType") == "oci":
            yield _image(f"{name}:{version}" if version else name)
        elif name:
            yield Needed(str(package.get("registryType") or ""), name, version, bool(_EXACT.fullmatch(version)))
    for remote in document.get("remotes") or []:
        if remote.get("url"):
            yield Needed("remote", _host(str(remote["url"])))


def _of_server(server: Mapping[str, Any]) -> Iterator[Needed]:
    if server.get("url"):
        yield Needed("remote", _host(str(server["url"])))
    words = [str(word) for word in server.get("args") or []]
    program = PurePosixPath(str(server.get("command") or "").replace("\\", "/")).name.lower()
    program = program.removesuffix(".exe").removesuffix(".cmd")
    for source, programs in (("npm", _NPM), ("pypi", _PYPI), ("oci", _OCI)):
        verbs = programs.get(program)
        if verbs is not None and tuple(words[: len(verbs)]) == verbs:
            spec = _spec(words[len(verbs) :], source)
            if spec:
                yield _READERS[source](spec)


def _spec(words: Sequence[str], source: str) -> str:
    """The first word that names a package: after an option that says so, or the first that is neither option nor its value."""
    skip = False
    for number, word in enumerate(words):
        option, equals, value = word.partition("=")
        if skip:
            skip = False
        elif option in _NAMING[source]:
            return value if equals else next(iter(words[number + 1 :]), "")
        elif not word.startswith("-"):
            return word
        else:
            skip = not equals and option in _VALUED[source]
    return ""


def _npm(spec: str) -> Needed:
    name, _, version = spec[1:].partition("@") if spec.startswith("@") else spec.partition("@")
    name = f"@{name}" if spec.startswith("@") else name
    return Needed("npm", name, version, bool(_EXACT.fullmatch(version)))


def _pypi(spec: str) -> Needed:
    if spec.startswith("git+"):
        address, _, commit = spec.removeprefix("git+").rpartition("@")
        exact = bool(re.fullmatch(r"[0-9a-f]{40}", commit))
        return Needed("git", address or commit, commit if address else "", exact)
    match = re.match(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*(?:==|@)?\s*(.*)", spec)
    name, version = (match[1], match[2]) if match else (spec, "")
    return Needed("pypi", name, version, bool(_EXACT.fullmatch(version)))


def _image(spec: str) -> Needed:
    name, _, digest = spec.partition("@")
    tag = ""
    if ":" in name.rpartition("/")[2]:
        name, _, tag = name.rpartition(":")
    return Needed("oci", name, digest or tag, digest.startswith("sha256:"))


def _host(address: str) -> str:
    try:
        return urlsplit(address).netloc.rpartition("@")[2] or address
    except ValueError:
        return address


_READERS = {"npm": _npm, "pypi": _pypi, "oci": _image}
