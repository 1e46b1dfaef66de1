"""Instructions that reach for credentials, send things away, or hide from the people whom an assistant works for.

Heuristics on what models read. A sentence that forbids a thing names it as well as one that asks for it, so a line that
says “never” or “do not” before it counts less, and only what has hardly an innocent reading refuses a publication.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

from registry.checks.base import Check, Finding, Severity, Subject, Text

NAME = "suspicious-instructions"


@dataclass(frozen=True)
class _Sign:
    """A form of words, how sure it is, and what it says. Expressions are bounded, so that none looks at a text twice."""

    pattern: re.Pattern[str]
    severity: Severity
    message: str
    mend: str
    # Whether a “never” before it makes it a good instruction.
    deniable: bool = True


def _sign(pattern: str, severity: Severity, message: str, mend: str, *, deniable: bool = True) -> _Sign:
    return _Sign(re.compile(pattern, re.IGNORECASE), severity, message, mend, deniable)


_TELL = "Say what it is for and let people confirm it, or leave it out."
_CREDENTIAL_FILES = (
    r"~/\.ssh/|\$HOME/\.ssh/|\bid_(?:rsa|ed25519|ecdsa)\b(?!\.pub)|~/\.aws/credentials|\.aws/credentials"
    r"|~/\.netrc|~/\.git-credentials"
    r"|~/\.config/gcloud|application_default_credentials\.json|~/\.docker/config\.json|~/\.kube/config"
    r"|~/\.gnupg|~/\.pgpass"
    r"|/etc/shadow|Login Data\b.{0,20}Chrome|~/Library/Keychains|\.cursor/mcp\.json|claude_desktop_config\.json"
)
_SEND = r"(?:send|post|upload|exfiltrate|transmit|forward|submit|append|report|leak|encode|embed|attach)"
_READ = r"(?:read|cat|print|open|copy|include|dump|list|collect|extract|get|load|show|output|type|grep|tar|zip|base64)"
_THINGS = (
    r"(?:credentials?|api[ _-]?keys?|secrets?|tokens?|passwords?|private keys?|environment variables"
    r"|env(?:ironment)? vars|\.env\b"
    r"|ssh keys?|source code|conversation|chat history|system prompt|cookies|contents? of (?:the|this|every|all) )"
)
_AWAY = (
    r"(?:https?://|webhook|\bto (?:an? |this |the |our )?(?:external |remote )?(?:server|endpoint|url)\b"
    r"|pastebin|ngrok|requestbin|webhook\.site|\bdns\b)"
)

_SIGNS = (
    _sign(
        rf"\b{_READ}\b.{{0,60}}?(?:{_CREDENTIAL_FILES})",
        "warning",
        "It has a file read that holds credentials.",
        _TELL,
    ),
    _sign(
        rf"(?:{_CREDENTIAL_FILES}).{{0,120}}?(?:\|[ \t]*(?:curl|nc|wget|base64)\b|\b{_SEND}\b)|\b(?:curl|wget"
        rf"|nc)\b.{{0,160}}?(?:{_CREDENTIAL_FILES})",
        "error",
        "It has a file with credentials sent away.",
        "Remove it.",
    ),
    _sign(
        rf"\b{_SEND}\b.{{0,80}}?\b{_THINGS}.{{0,80}}?{_AWAY}",
        "error",
        "It has credentials or contents sent to an address.",
        "Remove it. A tool that needs a secret names it as ${{ secrets.NAME }}.",
    ),
    _sign(
        r"(?:\b(?:env|printenv|set)\b[ \t]*(?:2>&1[ \t]*)?\|[ \t]*(?:base64[^|\n]{0,20}\|[ \t]*)?(?:curl|nc|wget)\b"
        r"|\bcurl\b.{0,120}?(?:\$\((?:env|printenv)\)|`(?:env|printenv)`|@\.env\b|@/proc/self/environ))",
        "error",
        "It sends all environment variables away.",
        "Remove it.",
        deniable=False,
    ),
    _sign(
        r"\b(?:cat|read|print|open|dump|type|less)\b[^\n.]{0,30}?(?<![\w/*-])\.env\b(?!\.(?:example|sample"
        r"|template|dist))|/proc/self/environ",
        "warning",
        "It has a file of environment variables read.",
        _TELL,
    ),
    _sign(
        r"\b(?:169\.254\.169\.254|metadata\.google\.internal|fd00:ec2::254|100\.100\.100\.200)\b",
        "warning",
        "It names the address at which clouds hand out credentials.",
        _TELL,
    ),
    _sign(
        r"\bsecurity[ \t]+(?:find-generic-password|find-internet-password|dump-keychain)\b"
        r"|\bsecret-tool[ \t]+lookup\b|\bcmdkey[ \t]+/list\b",
        "warning",
        "It has a keychain read.",
        _TELL,
    ),
    _sign(
        r"\b(?:ignore|disregard|forget|override)\b[ \t]+(?:all[ \t]+|any[ \t]+)?(?:of[ \t]+)?(?:the[ \t]+"
        r"|your[ \t]+|my[ \t]+)?"
        r"(?:previous|prior|above|earlier|preceding|existing|system|safety)[ \t]+(?:instructions?|prompts?"
        r"|rules?|guidelines|messages?|context)\b",
        "error",
        "It tells a model to disregard what it was told before.",
        "Say what to do instead of what to disregard.",
    ),
    _sign(
        r"\b(?:do[ \t]+not|don['’]t|never|without)[ \t]+(?:ever[ \t]+)?(?:tell(?:ing)?|inform(?:ing)?"
        r"|notify(?:ing)?|mention(?:ing)?|reveal(?:ing)?|show(?:ing)?|alert(?:ing)?)"
        r"[ \t]+(?:(?:this|it|that|anything)[ \t]+(?:to[ \t]+)?)?(?:to[ \t]+)?(?:the[ \t]+)?(?:user|human"
        r"|developer|person)s?\b",
        "warning",
        "It tells a model to keep something from the person it works for.",
        "Leave it out: people decide about what they can see.",
        deniable=False,
    ),
    _sign(
        r"!\[[^\]\n]{0,80}\]\(https?://[^)\s]{1,200}[?&][\w.-]{1,30}=(?:\{|\$|%7B|<|\[)[^)\n]{0,80}\)",
        "error",
        "An image whose address takes in content: showing it sends the content away.",
        "Remove it.",
    ),
    _sign(
        r"\b(?:base64[ \t]+(?:-d|-D|--decode)|atob\(|b64decode\("
        r"|FromBase64String\()[^\n]{0,120}?(?:\|[ \t]*(?:ba|z)?sh\b|\beval\b|\bexec\b|\biex\b)"
        r"|\b(?:eval|exec|iex)\b[^\n]{0,60}?\b(?:base64[ \t]+(?:-d|-D|--decode)|atob\(|b64decode\(|FromBase64String\()",
        "error",
        "It runs what it has decoded first, so that nobody reads it.",
        "Write out what is run.",
        deniable=False,
    ),
    _sign(
        r"\brm[ \t]+-(?:rf|fr)[ \t]+(?:--no-preserve-root[ \t]+)?(?:/|~/?|\$HOME/?)(?:[ \t*;]|$)",
        "warning",
        "It deletes everything that a person has.",
        "Name the folder.",
    ),
)
_DENIAL = re.compile(
    r"\b(?:never|not|don['’]t|do not|must not|mustn['’]t|should not|cannot|avoid|refuse|without|forbid(?:den)?"
    r"|prohibit(?:ed)?|no|block|detect|prevent|deny|reject|flag|"
    r"e\.g\.|such as|like|attempts?|attacks?|injection|malicious|untrusted|if (?:it|a|the|any)|when (?:it|a|the"
    r"|any)|says?|asks?|whether|treat)\b",
    re.IGNORECASE,
)
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/=;,])(?:[A-Za-z0-9+/]{40,4000}={0,2})(?![A-Za-z0-9+/=])")
_MAX_LINE = 4_000
_CONTEXT = 120


def run(subject: Subject) -> Iterator[Finding]:
    """Look at every line that a model may read."""
    for text in subject.readable():
        if text.file == "CHANGELOG.md":
            continue
        for number, line in enumerate(text.lines, 1):
            # What stands beyond is not passed over: other checks warn of lines that nobody reads.
            for start in range(0, max(1, len(line)), _MAX_LINE):
                yield from _in_line(text, number, line[start : start + _MAX_LINE + _CONTEXT], start)


def _in_line(text: Text, number: int, line: str, start: int) -> Iterator[Finding]:
    for sign in _SIGNS:
        match = sign.pattern.search(line)
        if match is None:
            continue
        severity = sign.severity
        if sign.deniable and _DENIAL.search(line, max(0, match.start() - _CONTEXT), match.start()):
            if severity == "warning":
                continue
            severity = "warning"
        if text.file == "README.md" and severity == "error":
            severity = "warning"  # it is read by people first
        yield Finding(NAME, severity, sign.message, text.file, number, start + match.start() + 1, sign.mend)
    yield from _encoded(text, number, line, start)


def _encoded(text: Text, number: int, line: str, start: int) -> Iterator[Finding]:
    """Base64 of a text that itself bears a sign."""
    for match in _BASE64.finditer(line):
        words = _decoded(match[0])
        if words and any(sign.pattern.search(words) for sign in _SIGNS):
            message = (
                "A text in base64 that tells a model or a shell something which nobody would pass when reading it."
            )
            yield Finding(
                NAME, "error", message, text.file, number, start + match.start() + 1, "Write it out, or remove it."
            )


def _decoded(word: str) -> str:
    try:
        found = base64.b64decode(word[: len(word) // 4 * 4], validate=False).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return found if sum(one.isprintable() or one.isspace() for one in found) > 0.9 * len(found) else ""


INSTRUCTIONS = Check(NAME, 1, "Instructions that reach for credentials or hide from people", run)
