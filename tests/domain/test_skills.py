from __future__ import annotations

import os
from pathlib import Path

import pytest

from registry.domain import skills
from registry.domain.faults import ManifestInvalid

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "skills"
GOOD = "---\nname: release-notes\ndescription: Writes notes.\n---\n\n# Notes\n"


def faults_of(text: str) -> list[str]:
    with pytest.raises(ManifestInvalid) as refused:
        skills.read(text, "release-notes")
    return [str(fault) for fault in refused.value.faults]


def test_a_skill_says_what_it_is() -> None:
    text = GOOD.replace("---\n\n#", 'license: MIT\nmetadata:\n  tags: writing, git\n  version: "2"\n---\n\n#')
    found = skills.read(text, "release-notes")
    assert (found.title, found.description, found.license, found.tags) == (
        "release-notes",
        "Writes notes.",
        "MIT",
        ("writing", "git"),
    )
    assert found.file == "SKILL.md"
    assert found.warnings == ()
    assert skills.body(text) == "# Notes"


def test_variables_in_a_skill_are_examples() -> None:
    found = skills.read(GOOD + "Use ${{ secrets.GITHUB_TOKEN }} and ${{ inputs.branch }}.\n", "release-notes")
    assert found.secrets == ()
    assert found.inputs == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("# No front matter\n", "1:1: A SKILL.md begins with front matter."),
        ("---\n- a\n---\nx", "2:1: Front matter is a list"),
        (GOOD.replace("name: release-notes\n", ""), "“name” is missing"),
        (GOOD.replace("description: Writes notes.\n", ""), "“description” is missing"),
        (GOOD.replace("release-notes", "Release Notes"), "2:7: The name is not one that clients take."),
        (GOOD.replace("release-notes", "release--notes"), "2:7: The name is not one"),
        (GOOD.replace("release-notes", "-notes"), "2:7: The name is not one"),
        (GOOD.replace("release-notes", "n" * 65), "longer than 64"),
        (GOOD.replace("Writes notes.", "w" * 1025), "3:14: “description” is longer than 1024"),
        (GOOD.replace("Writes notes.", "12"), "“description” is text"),
        (GOOD.replace("---\n\n", "metadata: words\n---\n\n"), "4:11: “metadata” is a mapping"),
        (GOOD.replace("---\n\n", "compatibility: " + "c" * 501 + "\n---\n\n"), "longer than 500"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, words: str) -> None:
    assert words in faults_of(text)[0]


def test_a_secret_in_a_skill_is_refused_and_not_repeated() -> None:
    secret = "ghp_" + "a1B2" * 9
    (fault,) = faults_of(GOOD + f"Send {secret} along.\n")
    assert "SKILL.md:7:6" in fault
    assert secret not in fault


def test_what_only_some_clients_honour_is_warned_of() -> None:
    text = GOOD.replace("---\n\n", "context: fork\nmetadata:\n  version: 1.0\n---\n\n") + "line\n" * 501
    words = [fault.message for fault in skills.read(text, "notes").warnings]
    assert any("context" in one for one in words)
    assert any("“version” is read as text" in one for one in words)
    assert any("keep it in a folder of that name" in one for one in words)
    assert any("more than 500 lines" in one for one in words)


@pytest.mark.skipif(not CORPUS.is_dir() and os.environ.get("CI") != "true", reason="NOT RUN: the corpus is not there")
def test_every_public_skill_of_the_corpus_is_read() -> None:
    folders = sorted(file.parent for file in CORPUS.glob("*/SKILL.md"))
    assert len(folders) == 18
    for folder in folders:
        found = skills.read((folder / "SKILL.md").read_text(), folder.name)
        assert found.title == folder.name
        assert found.description
