"""`name__among=[…]`: as `__in`, for hundreds of texts at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models.lookups import Lookup

SEPARATOR = "\x1f"


class Among(Lookup):
    """One parameter, however many texts there are: `__in` takes one for each, and longer to write than to run.

    For names, keys and the like, which hold no control characters.
    """

    lookup_name = "among"
    prepare_rhs = False

    def __init__(self, lhs: Any, rhs: Iterable[str]) -> None:
        super().__init__(lhs, SEPARATOR.join(rhs))

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """`column = ANY (array)`."""
        column, parameters = self.process_lhs(compiler, connection)
        return f"{column} = ANY (string_to_array(%s, '{SEPARATOR}'))", (*parameters, self.rhs)


models.CharField.register_lookup(Among)
