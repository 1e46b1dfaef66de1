"""What the launcher tells the person at the terminal."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hub.launcher.errors import CannotStart, ChildDied
from hub.launcher.settings import Settings


def say(line: str) -> None:
    """Print a line now. If nobody reads any more (`make up | head`), the hub goes on all the same."""
    try:
        print(line, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def step(what: str) -> Iterator[None]:
    """Say that something was done and how long it took."""
    began = time.monotonic()
    yield
    say(f"  {what:<28} {time.monotonic() - began:5.1f} s")


def failure(error: CannotStart) -> None:
    """Say what went wrong, in one line, after the last lines of the log of a process that ended."""
    if isinstance(error, ChildDied):
        for line in error.log_lines:
            print(f"    {line}", file=sys.stderr)
    print(f"assistant-hub: {error}", file=sys.stderr, flush=True)


def ready(settings: Settings) -> None:
    """Say where the hub is and how to use it."""
    first_run = _first_run(settings)
    url = settings.url
    lines = ["", f"Assistant Hub is ready at {url}", ""]
    if first_run.get("sign_in_url"):
        lines += [
            f"  Sign in as {first_run.get('admin', 'the first administrator')}:",
            f"    {first_run['sign_in_url']}",
            "",
        ]
    if first_run.get("token"):
        lines += [
            "  An API token of the same account:",
            f"    {first_run['token']}",
            "",
            "  Fetch an assistant, resolved:",
            f'    curl -H "Authorization: Bearer {first_run["token"]}" {url}/api/v1/assistants/starter/audit/bundle',
            "",
        ]
    lines += [
        f"  The same as JSON: {settings.first_run_file}",
        f"  Logs: {settings.log_dir}",
        "  Ctrl-C stops everything.",
        "",
    ]
    say("\n".join(lines))


def _first_run(settings: Settings) -> dict[str, Any]:
    try:
        content = json.loads(settings.first_run_file.read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
