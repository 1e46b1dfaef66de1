"""Of all that the processes write, people see errors and mails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.launcher.logs import MAIL_ENDS, Tail, last_lines


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "web.log"
    path.touch()
    return path


@pytest.fixture
def tail(log: Path) -> Iterator[Tail]:
    tail = Tail(log)
    yield tail
    tail.close()


def add(log: Path, *lines: str, end: str = "\n") -> None:
    with log.open("a") as file:
        file.write("\n".join(lines) + end)


def test_an_error_is_shown_with_its_traceback(log: Path, tail: Tail) -> None:
    error = [
        "2026-01-01 10:00:00,000 ERROR django.request Internal Server Error: /x",
        "Traceback (most recent",
        "  File",
        "ValueError",
    ]
    add(log, "2026-01-01 10:00:00,000 INFO hub started", "  more of it", *error, "[INFO] unimportant", "more of that")
    assert tail.worth_showing() == error


@pytest.mark.parametrize(
    "line", ["[2026-01-01 10:00:00,000: CRITICAL/MainProcess] gone", "Traceback (most recent call last):"]
)
def test_serious_lines_of_other_formats_are_shown(log: Path, tail: Tail, line: str) -> None:
    add(log, "[INFO] before", line)
    assert tail.worth_showing() == [line]


def test_the_word_error_far_into_a_record_does_not_count(log: Path, tail: Tail) -> None:
    add(
        log, "2026-01-01 10:00:00,000 INFO hub.tasks published the package with a rather long name about ERROR handling"
    )
    assert tail.worth_showing() == []


def test_a_mail_is_shown_whole(log: Path, tail: Tail) -> None:
    mail = ["Content-Type: text/plain; charset=utf-8", "Subject: Reset", "", "[hub] follow the link", MAIL_ENDS]
    add(log, "[INFO] before", *mail, "[INFO] after")
    assert tail.worth_showing() == mail


def test_half_a_line_waits_for_its_end(log: Path, tail: Tail) -> None:
    add(log, "[ERROR] fi", end="")
    assert tail.worth_showing() == []
    add(log, "rst")
    assert tail.worth_showing() == ["[ERROR] first"]


def test_the_last_lines_leave_out_empty_ones(log: Path) -> None:
    add(log, *[f"line {number}\n" for number in range(30)])
    assert last_lines(log, 2) == ["line 28", "line 29"]


def test_a_log_that_was_never_written_has_no_last_lines(tmp_path: Path) -> None:
    assert last_lines(tmp_path / "none.log") == []
