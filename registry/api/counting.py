"""Which answers count as downloads."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

from registry.services import downloads

# Who calls itself one of these looks through everything there is, and uses none of it. The last is a hub that mirrors.
_BOTS = re.compile(r"bot\b|crawl|spider|slurp|archiver|assistant-hub", re.IGNORECASE)


def counted[R: HttpResponse](request: Request | HttpRequest, response: R, release_id: int) -> R:
    """The answer, counted as a download of the release if its bytes are handed out and no bot asked.

    An answer 304 is none: the client has the bytes, and how often it asks says how it was written, not how much it is used.
    """
    if request.method == "GET" and response.status_code == 200:
        agent = request.META.get("HTTP_USER_AGENT", "")
        if not (agent and _BOTS.search(agent)):
            downloads.note(release_id)
    return response
