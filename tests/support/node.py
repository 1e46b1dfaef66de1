"""A Node process that answers questions about npm's semver and Continue's config-yaml.

One JSON line asks, one JSON line answers; the operations are listed in `oracle.mjs`.
"""

import json
import queue
import subprocess
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.support import npm

SCRIPT = Path(__file__).with_name("oracle.mjs")
ANSWER_SECONDS = 30


class OracleError(RuntimeError):
    """The JavaScript side raised an error, or stopped answering."""


class Oracle:
    """The running process. Use it as a context manager; several threads may ask in turn."""

    def __init__(self) -> None:
        # A file and not a pipe: a pipe that nobody reads would block the process once it is full.
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  # closed by close()
        self._process = subprocess.Popen(
            [npm.node(), str(SCRIPT), str(npm.node_modules())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            encoding="utf-8",
        )
        self._turn = threading.Lock()
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def ask(self, operation: str, **arguments: object) -> Any:
        """Return the answer to one question. Raises OracleError."""
        with self._turn:
            if not self._process.stdin or self._process.poll() is not None:
                raise OracleError(f"The Node process has ended.\n{self._said()}")
            self._process.stdin.write(json.dumps({"op": operation, **arguments}) + "\n")
            self._process.stdin.flush()
            answer = self._next()
        if "error" in answer:
            raise OracleError(answer["error"])
        return answer.get("result")

    def close(self) -> None:
        """End the process and wait for it."""
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        if self._process.stdout:
            self._process.stdout.close()
        self._log.close()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._lines.put(line)
        # An empty line wakes whoever still waits for an answer.
        self._lines.put("")

    def _next(self) -> dict[str, Any]:
        try:
            line = self._lines.get(timeout=ANSWER_SECONDS)
        except queue.Empty:
            # A late answer would be taken for the answer to the next question.
            self._process.kill()
            raise OracleError(f"No answer within {ANSWER_SECONDS} seconds.\n{self._said()}") from None
        if not line:
            raise OracleError(f"The Node process ended without an answer.\n{self._said()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _said(self) -> str:
        self._log.seek(0)
        return self._log.read()[-2000:].decode(errors="replace")
