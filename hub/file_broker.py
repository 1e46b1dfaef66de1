"""The broker of a hub without Redis: kombu's, through files, with messages that appear whole or not at all.

kombu creates a message's file and then writes into it; a worker that looks in between takes an empty message, fails to
read it, and ends. Here a message is written beside the queue first, and put into it by renaming.
"""

from __future__ import annotations

import logging
import os
import time
import uuid
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps

logger = logging.getLogger(__name__)

SCHEME = "hub-files"
TRANSPORT_ALIASES[SCHEME] = "hub.file_broker:Transport"


class Channel(filesystem.Channel):
    """A channel whose messages are put into their queue in one step."""

    def _put(self, queue: str, payload: Any, **_: Any) -> None:  # type: ignore[override]  # kombu has two names for it
        # Workers take files in the order of their names. One that begins with a dot belongs to no queue.
        name = f"{time.time_ns():020d}_{uuid.uuid4()}.{queue}.msg"
        folder = Path(self.data_folder_out)
        unfinished = folder / f".{name}.part"
        unfinished.write_text(dumps(payload))
        os.replace(unfinished, folder / name)  # noqa: PTH105  # the one that is atomic on every system

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        try:
            return super()._get(queue)
        except ValueError:
            # What a crash of the machine left. Its work is in the database, where a sweep finds it.
            logger.warning("A message in the queue “%s” could not be read, and is dropped.", queue)
            raise Empty from None


class Transport(filesystem.Transport):
    """kombu's transport through files, with the channel above."""

    Channel = Channel
