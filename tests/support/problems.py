"""What every error of the REST API has in common."""

from __future__ import annotations

from typing import Any

MEDIA_TYPE = "application/problem+json"


def problem(response: Any, status: int, code: str = "") -> dict[str, Any]:
    """The problem document of an answer, checked for its form. `code` is the end of its type."""
    assert response.status_code == status, (response.status_code, response.content[:500])
    assert response["Content-Type"] == MEDIA_TYPE, response["Content-Type"]
    body: dict[str, Any] = response.json()
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    prefix, _, name = body["type"].rpartition(":")
    assert prefix == "urn:assistant-hub:problem"
    assert name == (code or name)
    return body
