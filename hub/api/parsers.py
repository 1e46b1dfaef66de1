"""Reads request bodies, and refuses what could not be stored."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework import exceptions, parsers, status

# What can be read can also be written back: Python's encoder gives up a little earlier than its decoder.
MAX_DEPTH = 200
TOO_DEEP = f"The JSON is nested more than {MAX_DEPTH} deep."
UNSTORABLE = "Text may not contain NUL characters or lone surrogates."


class PayloadTooLarge(exceptions.APIException):
    """The body is larger than the hub reads."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = f"The body is larger than {settings.DATA_UPLOAD_MAX_MEMORY_SIZE} bytes."
    default_code = "too_large"


class StrictJSONParser(parsers.JSONParser):
    """JSON of at most DATA_UPLOAD_MAX_MEMORY_SIZE bytes in UTF-8, whose text PostgreSQL can hold."""

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """The parsed body. Raises ParseError, or PayloadTooLarge before reading more than the limit."""
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise PayloadTooLarge
        return parse_json(body)


def parse_json(body: bytes) -> Any:
    """JSON from `body`. Raises ParseError that says what is wrong and where."""
    try:
        value = json.loads(body.decode(), parse_constant=_refuse_constant, parse_float=_finite)
    except UnicodeDecodeError as error:
        raise exceptions.ParseError(f"The body is not UTF-8 (byte {error.start}).") from None
    except RecursionError:
        raise exceptions.ParseError(TOO_DEEP) from None
    except ValueError as error:
        raise exceptions.ParseError(f"The body is not JSON: {error}.") from None
    if depth(value) > MAX_DEPTH:
        raise exceptions.ParseError(TOO_DEEP)
    if not is_storable(value):
        raise exceptions.ParseError(UNSTORABLE)
    return value


def depth(value: Any) -> int:
    """How many lists and objects of a JSON value lie inside each other, counted without recursion."""
    level, deepest = [value], 0
    while level := [item for item in level if isinstance(item, dict | list)]:
        deepest += 1
        level = [part for item in level for part in (item.values() if isinstance(item, dict) else item)]
    return deepest


def is_storable(value: Any) -> bool:
    """Whether every text in a JSON value can be stored: no NUL and no half of a surrogate pair."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            if "\0" in item or any("\ud800" <= character <= "\udfff" for character in item):
                return False
        elif isinstance(item, dict):
            waiting += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            waiting += item
    return True


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def _finite(text: str) -> float:
    """A number as JSON can also give it back: `1e999` would be infinite."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]} is too large for a number")
    return number
