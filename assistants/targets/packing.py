"""Files of a target as a zip, always the same bytes for the same files."""

from __future__ import annotations

import io
import zipfile

from assistants.targets.base import Rendering

# Zip's own beginning of time.
_EPOCH = (1980, 1, 1, 0, 0, 0)


def zipped(rendering: Rendering) -> bytes:
    """The files in the order of their paths, without times or owners."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(rendering.files):
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, rendering.files[path], zipfile.ZIP_DEFLATED, 9)
    return packed.getvalue()
