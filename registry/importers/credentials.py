"""Turns credentials in clients' MCP settings into declared secrets, and clients' variables into the hub's.

Nothing that may be a credential is kept: a value is taken for one by the name it stands under, by its known form, as
part of an address, or because it looks random. What is named by a variable stays named: `${VAR}` becomes
`${{ secrets.VAR }}`. Messages never repeat a value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from registry.domain import literals, templates
from registry.domain.faults import Place
from registry.domain.yamltext import Document, Span

# Folders and files that a client fills in by itself; no credential is called so.
_OF_CLIENTS = re.compile(
    r"workspaceFolder\S*|userHome|file\S*|pathSeparator|/|cwd|CLAUDE_PLUGIN_ROOT|CLAUDE_PLUGIN_DATA|CLAUDE_PROJECT_DIR"
    r"|PLUGIN_ROOT|PLUGIN_DATA|extensionPath|workspacePath|HOME|USER|PWD|config:\S*|command:\S*"
)
_VARIABLE = re.compile(
    r"\$\{(?!\{)(input:|env:)?([^{}\s:]+(?::(?!-)[^{}\s]*)?)(?::-([^{}]*))?\}|(?<![\w$])\{env:(\w+)\}"
)
_BARE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
_SECRET_WORDS = (
    r"API_?KEY|APIKEY|ACCESS_?KEY(?:_ID)?|SECRET(?:_ACCESS)?(?:_KEY)?|KEY|TOKEN|PASSWORD|PASSWD|PASSPHRASE|PASS|PWD|PW"
    r"|CREDENTIALS?|CREDS?|AUTH|AUTHORIZATION|PAT|BEARER|COOKIES?|DSN|CONN(?:ECTION)?_?STR(?:ING)?|CONNECTION|SIGNATURE|SALT|JWT"
    r"|(?:DATABASE|DB|POSTGRES|REDIS|MONGO(?:DB)?|MYSQL)_UR[IL]|WEBHOOK(?:_URL)?|SID"
)
_SECRET_NAME = re.compile(rf"(?:^|_)(?:{_SECRET_WORDS})(?:_[0-9]+)?$")
_IS_OPEN = re.compile(r"true|false|none|null|yes|no|on|off", re.IGNORECASE)
_IS_PATH = re.compile(r"(?:~|\.{1,2}|[A-Za-z]:)?[\\/](?:[\w .@+-]+[\\/])*[\w .@+-]*")
_IN_ADDRESS = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*://[^\s/@]+@|[?&#][^=&\s]*(?:key|token|secret|sig|signature|auth|pass|password|code)=[^&\s]",
    re.IGNORECASE,
)
_PINNED = re.compile(r"@[0-9a-f]{40}\b|sha256:[0-9a-f]{64}\b")
_UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE)
_RUN = re.compile(r"[A-Za-z0-9+]{16,}")
_SCHEME = re.compile(r"(Bearer|Basic|Token|ApiKey|Api-Key)\s+(.+)", re.IGNORECASE | re.DOTALL)
_FLAG = re.compile(r"(--?[A-Za-z][\w.-]*)=(.*)", re.DOTALL)
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)
_HEADER = re.compile(r"([A-Za-z][A-Za-z0-9-]*):[ \t]*(\S.*)", re.DOTALL)
_ENV_FLAGS = frozenset({"-e", "--env"})
_HEADER_FLAGS = frozenset({"--header", "-H"})


def variable(name: str, *, is_secret: bool = True) -> str:
    """`${{ secrets.NAME }}`, or `${{ inputs.NAME }}`."""
    return f"${{{{ {'secrets' if is_secret else 'inputs'}.{name_of(name)} }}}}"


def name_of(text: str) -> str:
    """A secret's name out of the name of a variable, a header or a flag: `--api-key` gives `API_KEY`.

    A name that is one already stays, as people have their secrets under it: `OAUTH2TOKEN`.
    """
    snake = text if text.isupper() else re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    return re.sub(r"[^A-Za-z0-9]+", "_", snake).strip("_").upper()[:100] or "SECRET"


def is_secret(name: str, value: str) -> bool:
    """Whether `value`, which stands under `name`, may be a credential."""
    rest = templates.VARIABLE.sub("", value).strip()
    if not rest or _IS_OPEN.fullmatch(rest):
        return False
    if name and _SECRET_NAME.search(name_of(name)):
        return not _IS_PATH.fullmatch(rest) or _is_random(rest)
    return is_known(rest) or _IN_ADDRESS.search(rest) is not None or _is_random(rest)


def is_known(text: str) -> bool:
    """Whether a text holds a credential of a known form."""
    return bool(literals.in_text(text, ""))


def clean_value(name: str, value: str, inputs: Mapping[str, bool]) -> str:
    """A variable's value without credentials. `inputs` says of a client's own inputs whether they are secret."""
    text = with_variables(value, inputs)
    scheme = _SCHEME.fullmatch(text)
    if scheme:
        secret = variable("TOKEN" if name_of(name) == "AUTHORIZATION" else name)
        return f"{scheme[1]} {secret}" if is_secret("TOKEN", scheme[2]) else text
    return variable(name) if is_secret(name, text) else text


def clean_header(server: str, name: str, value: str, inputs: Mapping[str, bool]) -> str:
    """A header's value without credentials; `Authorization` asks for `<SERVER>_TOKEN`."""
    text = with_variables(value, inputs)
    scheme = _SCHEME.fullmatch(text)
    secret = variable(f"{server}_TOKEN" if name.lower() == "authorization" else f"{server}_{name}")
    if scheme:
        return f"{scheme[1]} {secret}" if is_secret("TOKEN", scheme[2]) else text
    return secret if is_secret(name, text) else text


def clean_address(server: str, value: str, inputs: Mapping[str, bool]) -> str:
    """An address without credentials in it: the part that holds one becomes a secret, or all of it."""
    text = with_variables(value, inputs)
    text = re.sub(
        r"([?&#])([^=&\s#]+)=([^&\s#]+)",
        lambda found: f"{found[1]}{found[2]}={variable(found[2])}" if is_secret(found[2], found[3]) else found[0],
        text,
    )
    rest = templates.VARIABLE.sub("x", text)
    return variable(f"{server}_URL") if is_known(rest) or "@" in rest.split("?")[0] or _is_random(rest) else text


def clean_arguments(server: str, values: list[str], inputs: Mapping[str, bool]) -> list[str]:
    """A command's arguments without credentials, whether they stand after their flag or in one with it."""
    cleaned: list[str] = []
    for index, value in enumerate(values):
        text = with_variables(value, inputs)
        before = values[index - 1] if index else ""
        cleaned.append(_argument(server, before, text))
    return cleaned


def _argument(server: str, before: str, text: str) -> str:
    header = _HEADER.fullmatch(text)
    if header and (before in _HEADER_FLAGS or is_secret(header[1], header[2])) and "://" not in header[0][:20]:
        return f"{header[1]}: {clean_header(server, header[1], header[2], {})}"
    for pattern in (_FLAG, _ASSIGNMENT):
        if found := pattern.fullmatch(text):
            return f"{found[1]}={clean_value(found[1], found[2], {})}"
    flag = before.lstrip("-") if before.startswith("-") and before not in _ENV_FLAGS and "=" not in before else ""
    if flag and not text.startswith("-") and _SECRET_NAME.search(name_of(flag)) and is_secret(flag, text):
        return variable(flag)
    return variable(f"{server}_ARGUMENT") if is_secret("", text) else text


def with_variables(text: str, inputs: Mapping[str, bool]) -> str:
    """A text with clients' variables in the hub's form."""
    if bare := _BARE.fullmatch(text):
        return text if _OF_CLIENTS.fullmatch(bare[1]) else variable(bare[1])

    def of_hub(found: re.Match[str]) -> str:
        name = found[2] or found[4]
        if found[1] == "input:":
            return variable(name, is_secret=inputs.get(name, True))
        return found[0] if not found[1] and found[2] and _OF_CLIENTS.fullmatch(name) else variable(name)

    return _VARIABLE.sub(of_hub, text)


def clean(value: Any, key: str = "", *, name: str = "") -> Any:
    """A JSON value with every credential in it turned into a secret called after its key; `name` goes before it."""
    if isinstance(value, dict):
        return {one: clean(item, str(one), name=name) for one, item in value.items()}
    if isinstance(value, list):
        return [clean(item, key, name=name) for item in value]
    if not isinstance(value, str) or not _is_credential(key, value):
        return value
    return variable(f"{name}_{key}" if name else key)


def _is_credential(key: str, value: str) -> bool:
    """As the registry itself judges, so that what is cleaned is also accepted. Prose is left, and refused as it is."""
    if len(value.split()) > 2:
        return False
    found = literals.in_document(Document({key: value}, {(): Span(Place(), 0, 0)}, {}), "")
    return bool(found) or (bool(key and _SECRET_NAME.search(name_of(key))) and is_secret(key, value))


def _is_random(text: str) -> bool:
    """Whether a text has a run of letters and digits that nobody would write by hand."""
    text = _PINNED.sub("", text)
    if _UUID.search(text):
        return True
    return any(_is_mixed(run[0]) for run in _RUN.finditer(text))


def _is_mixed(run: str) -> bool:
    digits = sum(character.isdigit() for character in run)
    upper = sum(character.isupper() for character in run)
    lower = len(run) - digits - upper
    if min(digits, upper + lower) == 0:
        return len(run) >= 24 and min(upper, lower) >= 6
    return digits >= 3


def is_variable(text: str) -> bool:
    """Whether a text is one variable and nothing else."""
    return templates.is_whole_variable(text)
