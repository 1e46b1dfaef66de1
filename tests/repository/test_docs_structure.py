"""What the documents say about the tree, the targets, the words and the decisions."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.repository.documents import FENCE, ROOT, blocks, documents

README = ROOT / "README.md"
# Programs that a reader may be asked to run; each is here for a reason.
COMMANDS = {
    "make": "the project's own targets",
    "curl": "the REST API",
    "npm": "the client is an npm package",
    "cn": "the client itself",
    "python": "one-liners and Django's commands",
    ".venv/bin/python": "the same, in the project's environment",
    "export": "variables for the client",
}
ASSIGNMENT = re.compile(r"[A-Z_]+=.*")


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))


def commands_of(block: str) -> list[str]:
    """The program of each command; a command goes on while a quote is open."""
    found, command = [], ""
    for line in block.splitlines():
        command += re.sub(r"\s+#.*$", "", line) + "\n"
        try:
            words = shlex.split(command)
        except ValueError:
            continue
        command = ""
        found += [word for word in words if not ASSIGNMENT.fullmatch(word)][:1]
    return found


def test_everything_on_the_map_exists() -> None:
    map_block = next(text for text in blocks(README, "") if text.startswith("hub/"))
    names = [line.split()[0] for line in map_block.splitlines()]
    assert {"hub/", "registry/", "assistants/", "tests/", "docs/"} <= set(names)
    for name in names:
        path = ROOT / name
        assert path.is_dir() if name.endswith("/") else path.is_file(), name


def test_every_package_is_on_the_map() -> None:
    packages = {f"{path.parent.name}/" for path in ROOT.glob("*/__init__.py")}
    map_block = next(text for text in blocks(README, "") if text.startswith("hub/"))
    assert packages <= {line.split()[0] for line in map_block.splitlines()}


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_make_target_that_is_named_exists(document: Path) -> None:
    text = document.read_text()
    code = "\n".join([*re.findall(r"`([^`\n]+)`", text), *(block for *_, block in FENCE.findall(text))])
    named = set(re.findall(r"(?:^|\s)make ([a-z]+)", code, re.MULTILINE))
    assert not named - make_targets()


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_shell_blocks_use_commands_that_exist(document: Path) -> None:
    commands = [command for block in blocks(document, "sh") for command in commands_of(block)]
    assert not set(commands) - COMMANDS.keys()


def test_the_readme_has_shell_blocks_to_look_at() -> None:
    commands = [command for block in blocks(README, "sh") for command in commands_of(block)]
    assert {"make", "curl", "npm", "cn"} <= set(commands)


def test_named_python_files_of_the_glossary_define_something_of_that_word() -> None:
    rows = re.findall(r"^\| ([a-z -]+) \| .+ \| `([^`]+)` \|$", (ROOT / "docs/glossary.md").read_text(), re.MULTILINE)
    assert len(rows) > 30
    assert [word for word, _ in rows] == sorted(word for word, _ in rows)
    for word, file in rows:
        text = (ROOT / file).read_text().lower()
        stem = word.split()[-1].rstrip("ye")  # policy and policies, resolve and resolving
        assert stem in text, f"{file} does not speak of “{word}”"


def test_every_kind_and_role_and_scope_is_in_the_glossary() -> None:
    from hub.domain.actions import Scope
    from hub.models import Role
    from registry.kinds import KINDS
    from registry.models import Visibility

    text = (ROOT / "docs/glossary.md").read_text()
    for word in [*KINDS, *Role.values, *map(str, Scope), *Visibility.values]:
        assert re.search(rf"\b{word}\b", text), word


def test_decisions_are_numbered_once_and_without_gaps() -> None:
    files = sorted((ROOT / "docs/adr").iterdir())
    numbers = [int(match[1]) for file in files if (match := re.fullmatch(r"(\d{4})-[a-z0-9-]+\.md", file.name))]
    assert len(numbers) == len(files)
    assert numbers == list(range(1, len(files) + 1))


@pytest.mark.parametrize("file", sorted((ROOT / "docs/adr").glob("*.md")), ids=lambda path: path.stem)
def test_a_decision_has_its_parts_and_stands_in_the_index(file: Path) -> None:
    text = file.read_text()
    number = file.name[:4]
    title = text.splitlines()[0]
    assert title.startswith(f"# {number}. ")
    assert "**Context.**" in text
    assert "**Decision.**" in text
    assert "**Consequences.**" in text
    assert len(text.splitlines()) <= 40
    index = (ROOT / "docs/README.md").read_text()
    assert f"| [{number}](adr/{file.name}) | {title.removeprefix(f'# {number}. ')} |" in index


def test_the_changelog_and_the_licence_are_what_the_project_says() -> None:
    assert 'license = "Apache-2.0"' in (ROOT / "pyproject.toml").read_text()
    licence = (ROOT / "LICENSE").read_text()
    assert "Apache License" in licence
    assert "END OF TERMS AND CONDITIONS" in licence
    assert re.search(r"^## ", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
