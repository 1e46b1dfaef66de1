"""Finds the documents of the house, and reads them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^( *)```([\w-]*)\n(.*?)^\1```", re.DOTALL | re.MULTILINE)


def documents() -> list[Path]:
    """All Markdown files for people: those at the top, under docs/ and under deploy/."""
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("deploy/**/*.md")])


def blocks(document: Path, language: str) -> list[str]:
    """The code blocks of one language, without their common indentation."""
    found = FENCE.findall(document.read_text())
    return [re.sub(rf"^{indent}", "", text, flags=re.MULTILINE) for indent, name, text in found if name == language]


def prose(document: Path) -> str:
    """The text without code blocks and inline code."""
    return re.sub(r"`[^`\n]+`", "", FENCE.sub("", document.read_text()))


def anchors(document: Path) -> set[str]:
    """The names that headings can be linked by, as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", document.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def project_files() -> list[Path]:
    """What is, or would be, committed. Without Git: everything but the folders that .gitignore names."""
    git = shutil.which("git")
    if git and (ROOT / ".git").exists():
        command = [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
        return [ROOT / name for name in names if name and (ROOT / name).is_file()]
    ignored = {line.strip("/\n") for line in (ROOT / ".gitignore").read_text().splitlines()} | {".git"}
    return [path for path in ROOT.rglob("*") if path.is_file() and not ignored.intersection(path.parts)]
