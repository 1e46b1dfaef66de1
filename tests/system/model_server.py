"""A model server on the loopback that speaks OpenAI's protocol and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

REPLY = "hi from the model"


@dataclass(frozen=True)
class Asked:
    """One request for a completion."""

    authorization: str
    body: dict[str, Any]

    def message(self, role: str) -> str:
        """What all messages of a role say."""
        contents = [message["content"] for message in self.body["messages"] if message["role"] == role]
        return "\n".join(text if isinstance(text, str) else json.dumps(text) for text in contents)


@dataclass
class ModelServer:
    """Where the server is, and what it was asked since `forget`."""

    url: str
    asked: list[Asked] = field(default_factory=list)

    def forget(self) -> None:
        """Forget earlier requests."""
        self.asked.clear()


@contextmanager
def running() -> Iterator[ModelServer]:
    """Serve on a free port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.models = ModelServer(f"http://127.0.0.1:{server.server_port}/v1")  # type: ignore[attr-defined]  # for the handler
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.models  # type: ignore[attr-defined]  # set above
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """Answers every chat with the same words, as a stream if asked for one."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.models.asked.append(Asked(self.headers.get("Authorization", ""), body))  # type: ignore[attr-defined]  # see running()
        if body.get("stream"):
            events = [f"data: {json.dumps(chunk)}\n\n" for chunk in _chunks(body["model"])]
            self._answer("text/event-stream", "".join([*events, "data: [DONE]\n\n"]))
        else:
            choice = {"index": 0, "message": {"role": "assistant", "content": REPLY}, "finish_reason": "stop"}
            self._answer("application/json", json.dumps(_envelope(body["model"], "chat.completion", [choice])))

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: a test looks at what was asked."""

    def _answer(self, content_type: str, text: str) -> None:
        content = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _chunks(model: str) -> list[dict[str, Any]]:
    first, _, rest = REPLY.partition(" ")
    deltas: list[tuple[dict[str, str], str | None]] = [
        ({"role": "assistant", "content": first}, None),
        ({"content": f" {rest}"}, None),
        ({}, "stop"),
    ]
    choices = [[{"index": 0, "delta": delta, "finish_reason": reason}] for delta, reason in deltas]
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    chunks = [_envelope(model, "chat.completion.chunk", choice) for choice in choices]
    return [*chunks, {**_envelope(model, "chat.completion.chunk", []), "usage": usage}]


def _envelope(model: str, kind: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": kind, "created": 1, "model": model, "choices": choices}
