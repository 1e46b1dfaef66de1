"""What views and forms need of each other."""

from __future__ import annotations

from django.http import HttpRequest, QueryDict


def posted(request: HttpRequest) -> QueryDict | None:
    """What was submitted, however little; None while the form is only shown."""
    return request.POST if request.method == "POST" else None
