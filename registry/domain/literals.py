"""Finds secrets written out in a text where a `${{ secrets.NAME }}` belongs. Messages never repeat what was found."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any

from registry.domain import templates
from registry.domain.faults import Fault, Place
from registry.domain.yamltext import Document
from registry.domain.yamltext import Path as ValuePath

# Values that say "no key needed"; many servers and client libraries insist on some text.
PLACEHOLDERS = frozenset(
    {
        "",
        "none",
        "null",
        "no-key",
        "not-needed",
        "unused",
        "dummy",
        "empty",
        "ollama",
        "lm-studio",
        "sk-no-key-required",
    }
)

# Public formats of credentials that vendors document for scanners: what every text of one has in it, and its form.
_KNOWN = {
    "an Anthropic key": (("sk-ant-",), r"sk-ant-[A-Za-z0-9_-]{16,}"),
    "an OpenAI key": (("sk-",), r"sk-(?:proj-|svcacct-|admin-)?(?=[A-Za-z0-9_-]{0,60}[0-9])[A-Za-z0-9_-]{20,}"),
    "a GitHub token": (
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
        r"gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,}",
    ),
    "a GitLab token": (("glpat-",), r"glpat-[A-Za-z0-9_-]{20,}"),
    "an AWS access key": (("AKIA", "ASIA"), r"(?:AKIA|ASIA)[0-9A-Z]{16}"),
    "a Google API key": (("AIza",), r"AIza[0-9A-Za-z_-]{35}"),
    "a Slack token": (("xox",), r"xox[abeoprs]-[A-Za-z0-9-]{10,}"),
    "a Hugging Face token": (("hf_",), r"hf_[A-Za-z0-9]{30,}"),
    "a Stripe key": (("k_live_",), r"[rs]k_live_[A-Za-z0-9]{16,}"),
    "a hub token": (("ahub_",), r"ahub_[A-Za-z0-9]{38}"),
    "a private key": (("PRIVATE KEY-----",), r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "a password in an address": (
        ("://",),
        r"[a-z][a-z0-9+.-]{0,30}://[^\s/:@\"'${}<>]+:[^\s/:@\"'${}<>]{3,}@[A-Za-z0-9]",
    ),
}
_LABELS = list(_KNOWN)
_SAMPLE = re.compile(r"EXAMPLE|(?:x{6,}|X{6,}|\*{4,}|0{8,}|\.{3})|:(?:password|passwd|pass|secret|changeme|postgres)@")

_SECRET_NAME = re.compile(
    r"(?:^|[_-])(?:api[_-]?key|key|token|secret|password|passwd|passphrase|credentials?|auth|authorization|pat)$|^(?:apiKey|secretAccessKey|accessKeyId)$",
    re.IGNORECASE,
)
_ALWAYS_SECRET = frozenset({"apiKey", "passphrase", "secretAccessKey"})
_HARMLESS = re.compile(r"true|false|[0-9]{1,6}|[./~$%].*|[a-z]+://\S*|.{0,7}", re.IGNORECASE | re.DOTALL)


def in_document(document: Document, file: str) -> list[Fault]:
    """Faults for every literal secret in a parsed manifest: by known form anywhere, by the name of the key otherwise."""
    return list(_walk(document.value, (), document, file))


def in_text(text: str, file: str) -> list[Fault]:
    """Faults for every secret of a known form in a plain text, such as a README."""
    return [
        _known_fault(
            match,
            Place(text.count("\n", 0, match.start()) + 1, match.start() - text.rfind("\n", 0, match.start())),
            file,
        )
        for match in _matches(text)
        if not _SAMPLE.search(match[0])
    ]


def _matches(text: str) -> Iterator[re.Match[str]]:
    """Everything of a known form. Only forms whose mark is there are looked for: a mark is found twenty times faster."""
    numbers = [number for number, (marks, _) in enumerate(_KNOWN.values()) if any(mark in text for mark in marks)]
    return _forms(tuple(numbers)).finditer(text) if numbers else iter(())


@functools.lru_cache(maxsize=64)
def _forms(numbers: tuple[int, ...]) -> re.Pattern[str]:
    """The forms of these numbers. A letter before would make it part of a word, such as the end of “disk-based-…”."""
    forms = [form for _, form in _KNOWN.values()]
    return re.compile("|".join(f"(?P<f{number}>(?<![A-Za-z0-9])(?:{forms[number]}))" for number in numbers))


def _walk(value: Any, path: ValuePath, document: Document, file: str) -> Iterator[Fault]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _walk(item, (*path, key), document, file)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _walk(item, (*path, index), document, file)
    elif isinstance(value, str):
        match = next(_matches(value), None)
        if match and not _SAMPLE.search(match[0]):
            yield _known_fault(match, document.place(path), file)
        elif path and isinstance(path[-1], str) and _is_literal_secret(path[-1], value):
            message = f"“{path[-1]}” holds a literal value where a secret belongs."
            yield Fault(message, document.place(path), f'Write "${{{{ secrets.{_name_for(path[-1])} }}}}".', file)


def _is_literal_secret(key: str, value: str) -> bool:
    if templates.VARIABLE.search(value) or value.strip().lower() in PLACEHOLDERS:
        return False
    if key in _ALWAYS_SECRET:
        return True
    return (
        bool(_SECRET_NAME.search(key))
        and not _HARMLESS.fullmatch(value)
        and " " not in value.removeprefix("Bearer ").strip()
    )


def _name_for(key: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])|[^A-Za-z0-9]+", "_", key).upper()


def _known_fault(match: re.Match[str], place: Place, file: str) -> Fault:
    label = _LABELS[int(str(match.lastgroup)[1:])]
    mend = "Revoke it if it is real, and write ${{ secrets.NAME }} instead."
    return Fault(f"This looks like {label}, written out.", place, mend, file)
