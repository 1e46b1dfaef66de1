"""Commands that fetch what they run: which package of which ecosystem, and whether it will be the same one tomorrow."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

type Ecosystem = Literal["npm", "pypi", "oci", "git"]

_EXACT = re.compile(r"v?\d+(?:\.\d+)+[A-Za-z0-9.+_-]{0,60}")
_REPOSITORY = re.compile(r"(?:github|gitlab|bitbucket|gist):|git\+|git:|https?:|[\w.-]+/[\w.-]+(?:#|$)")
_PYTHON_ADDRESS = re.compile(r"(?:^|@\s*)(?:git\+|https?:)")
_COMMIT = re.compile(r"[@#](?:commit:)?([0-9a-f]{40})(?:$|[#&])")
_DIGEST = re.compile(r"@(sha256:[0-9a-f]{64})$")
_VARIABLE = re.compile(r"\$|\{\{|<")
_NPM = frozenset({"npx", "bunx", "pnpx"})
_NPM_LONG = {"npm": ("exec", "x"), "pnpm": ("dlx", "exec"), "yarn": ("dlx",), "bun": ("x",)}
_NPM_NAMED = ("-p", "--package")
_NPM_VALUES = frozenset({"-c", "--call", "--registry", "--loglevel"})
_PYTHON_NAMED = ("--from", "--spec")
_PYTHON_VALUES = frozenset(
    {
        "--python",
        "-p",
        "--index-url",
        "-i",
        "--index",
        "--extra-index-url",
        "--directory",
        "--refresh-package",
        "--with",
    }
)
_CONTAINERS = frozenset({"docker", "podman", "nerdctl"})
# Options of `docker run` that stand alone; every other one takes the next word.
_CONTAINER_FLAGS = frozenset(
    {"--rm", "-i", "-t", "-it", "-ti", "-d", "--interactive", "--tty", "--detach", "--init", "--privileged", "--read-only",
     "-P", "--publish-all", "--no-healthcheck", "--quiet", "-q", "--sig-proxy", "--oom-kill-disable", "--help"}
)  # fmt: skip
_SHELLS = frozenset({"sh", "bash", "zsh", "dash"})
_MAX_WORDS = 60


@dataclass(frozen=True)
class Launch:
    """What a command fetches and runs. `version` is as written: a version, a tag, a commit or nothing.

    `word` is how the command writes it, `is_pinned` whether it can only ever be the same.
    """

    program: str
    ecosystem: Ecosystem
    name: str
    version: str
    word: str
    is_pinned: bool
    digest: str = ""


def launch_of(words: Sequence[str]) -> Launch | None:
    """What a command fetches and runs; None if it fetches nothing, or what a variable names."""
    words = _without_shell(list(words[:_MAX_WORDS]))
    if not words:
        return None
    program, rest = _program(words[0]), words[1:]
    if program in ("env", "sudo") and rest:
        return launch_of([word for word in rest if "=" not in word or word.startswith("-")])
    if program in _NPM:
        return _npm(program, rest)
    if program in _NPM_LONG and rest and rest[0] in _NPM_LONG[program]:
        return _npm(f"{program} {rest[0]}", rest[1:])
    if program == "uvx":
        return _python("uvx", rest)
    if program == "uv" and rest[:2] == ["tool", "run"]:
        return _python("uv tool run", rest[2:])
    if program == "pipx" and rest[:1] == ["run"]:
        return _python("pipx run", rest[1:])
    if program in _CONTAINERS and rest[:1] == ["run"]:
        return _container(program, rest[1:])
    return None


def _npm(program: str, words: list[str]) -> Launch | None:
    word = _named(words, _NPM_NAMED) or _first(words, _NPM_VALUES)
    if _is_elsewhere(word):
        return None
    if not word.startswith("@") and _REPOSITORY.match(word):
        return _repository(program, word)
    name, _, version = word[1:].partition("@")
    return Launch(program, "npm", word[0] + name, version, word, bool(_EXACT.fullmatch(version)))


def _python(program: str, words: list[str]) -> Launch | None:
    word = _named(words, _PYTHON_NAMED) or _first(words, _PYTHON_VALUES)
    if _is_elsewhere(word):
        return None
    if _PYTHON_ADDRESS.search(word):
        return _repository(program, word)
    name, _, version = word.partition("==" if "==" in word else "@")
    name = re.split(r"[<>=!~\[ ]", name)[0]
    pinned = bool(_EXACT.fullmatch(version.strip()))
    return Launch(program, "pypi", name, version.strip(), word, pinned)


def _repository(program: str, word: str) -> Launch:
    commit = _COMMIT.search(word)
    name = word[: commit.start()] if commit else word
    pinned = commit is not None or "#sha256=" in word
    return Launch(program, "git", name, commit[1] if commit else "", word, pinned)


def _container(program: str, words: list[str]) -> Launch | None:
    word = _image(words)
    if _is_elsewhere(word):
        return None
    digest = _DIGEST.search(word)
    image = word[: digest.start()] if digest else word
    tag = image.rpartition("/")[2].partition(":")[2]
    name = image.removesuffix(f":{tag}") if tag else image
    # A tag can be moved, but one with a number is meant to stay.
    pinned = digest is not None or (tag != "latest" and any(letter.isdigit() for letter in tag))
    return Launch(program, "oci", name, tag, word, pinned, digest[1] if digest else "")


def _is_elsewhere(word: str) -> bool:
    """Whether a word names nothing that is fetched by its name: nothing, a variable, a folder."""
    return not word or bool(_VARIABLE.search(word)) or word.startswith((".", "/", "~"))


def _image(words: list[str]) -> str:
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word.startswith("-"):
            skip = word not in _CONTAINER_FLAGS and "=" not in word
        else:
            return word
    return ""


def _named(words: list[str], options: tuple[str, ...]) -> str:
    for index, word in enumerate(words):
        if word in options:
            return words[index + 1] if index + 1 < len(words) else ""
        for option in options:
            if option.startswith("--") and word.startswith(f"{option}="):
                return word.removeprefix(f"{option}=")
    return ""


def _first(words: list[str], with_value: frozenset[str]) -> str:
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word.startswith("-"):
            skip = word in with_value
        else:
            return word
    return ""


def _without_shell(words: list[str]) -> list[str]:
    """What `sh -c "…"` and `cmd /c …` run."""
    if len(words) == 1:
        return words[0].split()[:_MAX_WORDS]
    if len(words) < 3:
        return words
    if _program(words[0]) in _SHELLS and words[1].startswith("-") and "c" in words[1]:
        return words[2].split()[:_MAX_WORDS]
    if _program(words[0]) == "cmd" and words[1].lower() == "/c":
        return words[2:]
    return words


def _program(word: str) -> str:
    name = re.split(r"[/\\]", word)[-1].lower()
    return re.sub(r"\.(?:exe|cmd|bat)$", "", name)
