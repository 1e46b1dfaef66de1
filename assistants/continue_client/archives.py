"""Zip archives that `cn --rule` and `cn --prompt` read."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from django.http import Http404

# Zip's own beginning of time: the same content gives the same bytes.
_EPOCH = (1980, 1, 1, 0, 0, 0)


def markdown_archive(kind: str, name: str, content: dict[str, Any]) -> bytes:
    """A zip whose one file is the bare text of a rule (without front matter) or of a prompt. Raises Http404 for other kinds."""
    if kind not in ("rule", "prompt"):
        raise Http404
    item = content["rules" if kind == "rule" else "prompts"][0]
    text: str = item if isinstance(item, str) else item[kind]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(f"{name}.md", _EPOCH), text, zipfile.ZIP_DEFLATED)
    return packed.getvalue()
