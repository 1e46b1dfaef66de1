"""The WSGI application that the web server runs."""

import os
import re
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
_django = get_wsgi_application()
_SLASHES = re.compile("//+")


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Django, with repeated slashes in the path taken as one: Continue's SDK asks for `//ide/…` when its base ends in `/`."""
    path = environ["PATH_INFO"]
    if "//" in path:
        environ["PATH_INFO"] = _SLASHES.sub("/", path)
    return _django(environ, start_response)
