"""What is measured stays measured: the figures of docs/scanning.md hold, and the clean corpus stays as clean as judged."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench import detection
from tests.labelled import secrets, unicode

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "corpus"
CORPUS = Path(os.environ.get("DETECTION_CORPUS") or BESIDE)
# Judged one by one in docs/scanning.md: right, every one, and worth no more than a warning.
JUDGED = {
    ("copilot-instructions/containerization-docker-best-practices.instructions.md", 386),
    ("copilot-instructions/github-actions-ci-cd-best-practices.instructions.md", 267),
    ("copilot-instructions/pcf-best-practices.instructions.md", 94),
    ("copilot-instructions/performance-optimization.instructions.md", 538),
    ("cursor-rules/cloudflare-workers-hono-angular-saas-cursorrules-prompt-file.mdc", 92),
    ("skills/microsoft-skill-creator/SKILL.md", 46),
    ("skills/microsoft-skill-creator/SKILL.md", 249),
    ("skills/phoenix-cli/SKILL.md", 17),
}


@pytest.mark.parametrize("seed", detection.SEEDS)
def test_secrets_are_found_and_hardly_anything_else_is(seed: int) -> None:
    cases = [*secrets.positives(seed), *secrets.negatives(seed)]
    result = detection.score("secrets", detection.lines("secrets", "error", "warning"), cases)
    assert result.recall >= 0.95
    assert result.precision >= 0.98
    refused = detection.score("errors", detection.lines("secrets", "error"), cases)
    assert refused.precision == 1, refused.mistakes
    alone = detection.score("alone", detection.known_forms, cases)
    assert alone.precision == 1, alone.mistakes


def test_hidden_unicode_is_found_and_nothing_that_scripts_and_emoji_need() -> None:
    cases = [*unicode.positives(), *unicode.negatives()]
    result = detection.score("unicode", detection.lines("hidden-unicode", "error", "warning"), cases)
    assert (result.misses, result.mistakes) == ((), ())


def test_no_message_repeats_a_secret() -> None:
    for case in secrets.positives():
        for finding in detection.findings_of("secrets", case):
            [line] = [text for number, text in enumerate(case.text.split("\n"), 1) if number == finding.line]
            words = {word.strip("\"',") for word in line.replace("=", " ").split() if len(word) > 11}
            assert not any(word in finding.message + finding.mend for word in words if "export" not in word)


def test_the_labelled_texts_hold_no_secret_as_they_are_written() -> None:
    folder = Path(secrets.__file__).parent
    for file in folder.glob("*.py"):
        case = detection.Case(file.name, file.name, file.read_text())
        assert not [one for one in detection.findings_of("secrets", case) if one.severity == "error"], file


@pytest.mark.skipif(
    not CORPUS.is_dir() and os.environ.get("CI") != "true", reason="NOT RUN: the corpus is not beside the project"
)
def test_the_clean_corpus_gives_what_was_judged_and_nothing_more() -> None:
    found = list(detection.in_folder(CORPUS))
    assert {(one.file, one.line) for one in found} == JUDGED
    assert {one.severity for one in found} == {"warning"}
