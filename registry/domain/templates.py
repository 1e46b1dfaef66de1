"""Template variables of the config.yaml format: `${{ secrets.NAME }}` and `${{ inputs.NAME }}`.

The reference replaces inputs in the text before YAML is parsed, so they may stand where YAML itself would not allow
braces. `mask` lets a text be parsed with its inputs in it; `unmask` puts them back into the parsed strings. Secrets are
still variables when clients parse the text, so YAML's rules hold for them: inside brackets they have to be quoted.
Grammar: Continue's config-yaml (contract 5.3): optional blanks inside, no blanks or braces in the name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

VARIABLE = re.compile(r"\$\{\{\s*([^\s{}]+)\s*\}\}")
WHOLE_VARIABLE = re.compile(rf"\s*{VARIABLE.pattern}\s*")
SECRETS, INPUTS = "secrets.", "inputs."

# Stand-ins come from Unicode's private use area: one opening character, three digits, and filling to the same length,
# so that lines and columns stay right. A text that has such characters itself is parsed as it is.
_MASKED = re.compile(r"\$\{\{[ \t]*inputs\.[^\s{}]+[ \t]*\}\}")
_OPEN, _FILL, _ZERO, _BASE = "\ue000", "\ue001", 0xE010, 512
_STAND_IN = re.compile(f"{_OPEN}([\ue010-\ue20f]{{3}}){_FILL}*")
_PRIVATE = re.compile("[\ue000-\ue20f\ue300-\ue302]")

# libyaml ends a line at these, as YAML 1.1 did; in YAML 1.2 they are characters like others.
_OLD_LINE_ENDS = {0x85: 0xE300, 0x2028: 0xE301, 0x2029: 0xE302}
_OLD_LINE_ENDS_BACK = {stand_in: end for end, stand_in in _OLD_LINE_ENDS.items()}


def mask(text: str) -> tuple[str, Callable[[str], str]]:
    """`text` with stand-ins of the same length for its inputs, and the function that puts them back into a string."""
    if _PRIVATE.search(text):
        return text, lambda part: part
    originals: list[str] = []

    def stand_in(match: re.Match[str]) -> str:
        originals.append(match[0])
        number = len(originals) - 1
        digits = "".join(chr(_ZERO + number // _BASE**power % _BASE) for power in (2, 1, 0))
        return _OPEN + digits + _FILL * (len(match[0]) - 4)

    def unmask(part: str) -> str:
        return _STAND_IN.sub(lambda match: originals[_number(match[1])], part).translate(_OLD_LINE_ENDS_BACK)

    return _MASKED.sub(stand_in, text).translate(_OLD_LINE_ENDS), unmask


def _number(digits: str) -> int:
    number = 0
    for digit in digits:
        number = number * _BASE + ord(digit) - _ZERO
    return number


def names(value: Any, prefix: str) -> set[str]:
    """The names of all variables with `prefix` (`secrets.` or `inputs.`) in the strings and keys of a JSON value."""
    found = (match[1] for text in strings(value) for match in VARIABLE.finditer(text))
    return {name.removeprefix(prefix) for name in found if name.startswith(prefix)}


def strings(value: Any) -> Iterator[str]:
    """Every string in a JSON value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)


def rename_secrets(value: Any, prefix: str) -> Any:
    """A JSON value with each `${{ secrets.S }}` turned into `${{ secrets.<prefix>/S }}`."""
    return replace(
        value,
        lambda name: f"${{{{ secrets.{prefix}/{name.removeprefix(SECRETS)} }}}}" if name.startswith(SECRETS) else None,
    )


def replace(value: Any, replacement: Callable[[str], str | None]) -> Any:
    """A JSON value in whose strings each variable is replaced by `replacement(name)`; None leaves it as it is."""
    if isinstance(value, str):
        return VARIABLE.sub(lambda match: match[0] if (new := replacement(match[1])) is None else new, value)
    if isinstance(value, dict):
        return {replace(key, replacement): replace(item, replacement) for key, item in value.items()}
    if isinstance(value, list):
        return [replace(item, replacement) for item in value]
    return value


def is_whole_variable(value: Any) -> bool:
    """Whether `value` is a string that is one variable and nothing else; it may stand for a number or a truth value."""
    return isinstance(value, str) and WHOLE_VARIABLE.fullmatch(value) is not None
