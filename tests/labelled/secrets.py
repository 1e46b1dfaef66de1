"""Secrets in surroundings where people leave them, and what looks like one and is none.

Each form is a vendor's documented format with random characters: lengths, alphabets and prefixes are right, checksums
are not. Prefixes are put together from parts, so that scanners of this repository have nothing to report.
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
import string
import uuid
from collections.abc import Callable, Iterator

from tests.labelled.case import Case

SEED = 20261125
LETTERS = string.ascii_letters
WORD = LETTERS + string.digits
UPPER = string.ascii_uppercase
HEX = "0123456789abcdef"
BASE32 = UPPER + "234567"
URLSAFE = WORD + "-_"
BASE64 = WORD + "+/"

type Maker = Callable[[random.Random], str]


def some(dice: random.Random, alphabet: str, length: int) -> str:
    """Random characters, a digit among them wherever the alphabet has some, as in nearly every real key."""
    while True:
        made = "".join(dice.choice(alphabet) for _ in range(length))
        if length < 12 or not set(alphabet) & set(string.digits) or set(made) & set(string.digits):
            return made


def prefixed(*parts: str, alphabet: str, length: int) -> Maker:
    return lambda dice: "".join(parts) + some(dice, alphabet, length)


def jwt(dice: random.Random) -> str:
    def part(value: dict[str, object]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    claims: dict[str, object] = {"sub": str(dice.randrange(10**9)), "name": "Kim", "iat": 1_790_000_000}
    return f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(claims)}.{some(dice, URLSAFE, 43)}"


def discord(dice: random.Random) -> str:
    account = base64.b64encode(str(dice.randrange(10**17, 10**18)).encode()).decode().rstrip("=")
    return f"{account}.{some(dice, URLSAFE, 6)}.{some(dice, URLSAFE, 38)}"


# Named by who gives them out. What follows from the name of the variable alone is further down.
KEYS: dict[str, tuple[str, Maker]] = {
    "github classic": ("GITHUB_TOKEN", prefixed("gh", "p_", alphabet=WORD, length=36)),
    "github oauth": ("GH_TOKEN", prefixed("gh", "o_", alphabet=WORD, length=36)),
    "github app": ("GITHUB_TOKEN", prefixed("gh", "s_", alphabet=WORD, length=36)),
    "github fine-grained": (
        "GITHUB_TOKEN",
        lambda d: "github_" + "pat_" + some(d, WORD, 22) + "_" + some(d, WORD, 59),
    ),
    "gitlab personal": ("GITLAB_TOKEN", prefixed("glp", "at-", alphabet=URLSAFE, length=20)),
    "aws id": ("AWS_ACCESS_KEY_ID", prefixed("AK", "IA", alphabet=BASE32, length=16)),
    "aws temporary id": ("AWS_ACCESS_KEY_ID", prefixed("AS", "IA", alphabet=BASE32, length=16)),
    "aws secret": ("AWS_SECRET_ACCESS_KEY", lambda d: some(d, BASE64, 40)),
    "google api": ("GOOGLE_API_KEY", prefixed("AI", "za", alphabet=URLSAFE, length=35)),
    "openai project": (
        "OPENAI_API_KEY",
        lambda d: "sk-" + "proj-" + some(d, URLSAFE, 74) + "T3Blbk" + "FJ" + some(d, URLSAFE, 74),
    ),
    "openai legacy": ("OPENAI_API_KEY", lambda d: "sk" + "-" + some(d, WORD, 20) + "T3Blbk" + "FJ" + some(d, WORD, 20)),
    "anthropic": ("ANTHROPIC_API_KEY", lambda d: "sk-" + "ant-api03-" + some(d, URLSAFE, 93) + "AA"),
    "hugging face": ("HF_TOKEN", prefixed("h", "f_", alphabet=LETTERS, length=34)),
    "groq": ("GROQ_API_KEY", prefixed("gs", "k_", alphabet=WORD, length=52)),
    "replicate": ("REPLICATE_API_TOKEN", prefixed("r", "8_", alphabet=WORD, length=37)),
    "perplexity": ("PERPLEXITY_API_KEY", prefixed("pp", "lx-", alphabet=WORD, length=48)),
    "openrouter": ("OPENROUTER_API_KEY", prefixed("sk-", "or-v1-", alphabet=HEX, length=64)),
    "slack bot": (
        "SLACK_BOT_TOKEN",
        lambda d: (
            "xox" + "b-" + some(d, string.digits, 12) + "-" + some(d, string.digits, 13) + "-" + some(d, WORD, 24)
        ),
    ),
    "slack app": (
        "SLACK_APP_TOKEN",
        lambda d: (
            "xap"
            + "p-1-A"
            + some(d, UPPER + string.digits, 10)
            + "-"
            + some(d, string.digits, 13)
            + "-"
            + some(d, HEX, 64)
        ),
    ),
    "slack webhook": (
        "SLACK_WEBHOOK_URL",
        lambda d: (
            "https://hooks.slack"
            + ".com/services/T"
            + some(d, UPPER + string.digits, 8)
            + "/B"
            + some(d, UPPER + string.digits, 10)
            + "/"
            + some(d, WORD, 24)
        ),
    ),
    "stripe live": ("STRIPE_SECRET_KEY", prefixed("sk", "_live_", alphabet=WORD, length=24)),
    "stripe restricted": ("STRIPE_KEY", prefixed("rk", "_live_", alphabet=WORD, length=24)),
    "npm": ("NPM_TOKEN", prefixed("np", "m_", alphabet=WORD, length=36)),
    "pypi": ("TWINE_PASSWORD", prefixed("pyp", "i-AgEIcHlwaS5vcmc", alphabet=URLSAFE, length=150)),
    "sendgrid": ("SENDGRID_API_KEY", lambda d: "S" + "G." + some(d, URLSAFE, 22) + "." + some(d, URLSAFE, 43)),
    "digitalocean": ("DIGITALOCEAN_TOKEN", prefixed("dop", "_v1_", alphabet=HEX, length=64)),
    "shopify": ("SHOPIFY_TOKEN", prefixed("shp", "at_", alphabet=HEX, length=32)),
    "telegram": ("TELEGRAM_BOT_TOKEN", lambda d: some(d, "123456789", 10) + ":AA" + some(d, URLSAFE, 33)),
    "discord": ("DISCORD_TOKEN", discord),
    "linear": ("LINEAR_API_KEY", prefixed("lin", "_api_", alphabet=WORD, length=40)),
    "notion": ("NOTION_TOKEN", prefixed("nt", "n_", alphabet=WORD, length=46)),
    "atlassian": (
        "JIRA_API_TOKEN",
        lambda d: "ATATT" + "3xFfGF0" + some(d, URLSAFE, 176) + "=" + some(d, "0123456789ABCDEF", 8),
    ),
    "vault": ("VAULT_TOKEN", prefixed("hv", "s.", alphabet=URLSAFE, length=92)),
    "grafana": ("GRAFANA_TOKEN", lambda d: "gls" + "a_" + some(d, WORD, 32) + "_" + some(d, HEX, 8)),
    "doppler": ("DOPPLER_TOKEN", prefixed("dp.", "pt.", alphabet=WORD, length=43)),
    "mailgun": ("MAILGUN_API_KEY", prefixed("ke", "y-", alphabet=HEX, length=32)),
    "jwt": ("SERVICE_TOKEN", jwt),
    "azure storage": (
        "AZURE_STORAGE_CONNECTION_STRING",
        lambda d: "DefaultEndpointsProtocol=https;AccountName=store;Account" + "Key=" + some(d, BASE64, 86) + "==",
    ),
    "database": ("DATABASE_URL", lambda d: "postgres" + "://app:" + some(d, WORD, 18) + "@db.corp.internal:5432/app"),
    "redis": ("REDIS_URL", lambda d: "redis" + "://:" + some(d, WORD, 24) + "@cache.corp.internal:6379/0"),
}
# No form of their own: only the name of what they are given to says what they are.
BY_NAME: dict[str, tuple[str, Maker]] = {
    "datadog": ("DD_API_KEY", lambda d: some(d, HEX, 32)),
    "cloudflare": ("CLOUDFLARE_API_TOKEN", lambda d: some(d, URLSAFE, 40)),
    "mistral": ("MISTRAL_API_KEY", lambda d: some(d, WORD, 32)),
    "azure openai": ("AZURE_OPENAI_API_KEY", lambda d: some(d, HEX, 32)),
    "internal": ("INTERNAL_API_TOKEN", lambda d: some(d, WORD, 28)),
    "password": ("DB_PASSWORD", lambda d: some(d, WORD + "!%+", 16)),
}


def surroundings(variable: str, key: str) -> Iterator[tuple[str, str, str, int]]:
    """Where such a key is found: a name, a file, the text, and the line of the key."""
    yield "env file", "scripts/.env", f"# local settings\nDEBUG=1\n{variable}={key}\nPORT=8080\n", 3
    config = {"mcpServers": {"tool": {"command": "tool-server", "args": ["--stdio"], "env": {variable: key}}}}
    text = json.dumps(config, indent=2)
    yield "mcp.json", "mcp.json", text, next(n for n, line in enumerate(text.split("\n"), 1) if key in line)
    yield (
        "prose",
        "README.md",
        f"# Set-up\n\nBefore you start the server, run\n\n    export {variable}={key}\n\nand then `make up`.\n",
        5,
    )
    yield (
        "code",
        "scripts/run.py",
        f'import client\n\n{variable.lower()} = "{key}"\nclient.connect({variable.lower()})\n',
        3,
    )


def pem(dice: random.Random) -> str:
    body = "\n".join(some(dice, BASE64, 64) for _ in range(24))
    return "-----BEGIN RSA " + f"PRIVATE KEY-----\n{body}\n-----END RSA " + "PRIVATE KEY-----\n"


def positives(seed: int = SEED) -> Iterator[Case]:
    """Every key in every surrounding, and some that need one of their own."""
    dice = random.Random(seed)
    for group, keys in (("form", KEYS), ("name", BY_NAME)):
        for name, (variable, make) in keys.items():
            for place, file, text, line in surroundings(variable, make(dice)):
                yield Case(f"{group}: {name}, {place}", file, text, frozenset({line}))
    yield Case("form: private key, file", "deploy/key.pem", pem(dice), frozenset({1}))
    yield Case("form: private key, prose", "README.md", f"Use this key:\n\n```\n{pem(dice)}```\n", frozenset({4}))
    token = some(dice, WORD, 40)
    curl = f'curl -H "Authorization: Bearer {token}" https://api.corp.example/v1/users\n'
    yield Case("name: bearer, command", "scripts/list.sh", f"#!/bin/sh\nset -e\n{curl}", frozenset({3}))
    basic = base64.b64encode(f"svc:{some(dice, WORD, 20)}".encode()).decode()
    yield Case(
        "name: basic, command",
        "scripts/get.sh",
        f'#!/bin/sh\ncurl -H "Authorization: Basic {basic}" https://x.example/\n',
        frozenset({2}),
    )


def negatives(seed: int = SEED) -> Iterator[Case]:
    """What is random, long or called a key, and is no secret."""
    dice = random.Random(seed + 1)
    for name, file, text in _harmless(dice):
        yield Case(f"clean: {name}", file, text)


def _harmless(dice: random.Random) -> Iterator[tuple[str, str, str]]:
    def sha(length: int = 64) -> str:
        return hashlib.sha512(dice.randbytes(16)).hexdigest()[:length]

    integrity = base64.b64encode(dice.randbytes(64)).decode()
    image = base64.b64encode(dice.randbytes(900)).decode()
    yield "git commit", "CHANGELOG.md", f"- fixed in commit {sha(40)}\n- see also {sha(7)}\n"
    yield "image digest", "Dockerfile", f"FROM python:3.13-slim@sha256:{sha()}\n"
    yield "checksums", "SHA256SUMS", "".join(f"{sha()}  file{n}.tar.gz\n" for n in range(5))
    yield "md5", "README.md", f"The archive's MD5 is `{sha(32)}`.\n"
    yield (
        "uuid",
        "manifest.yaml",
        f"id: {uuid.UUID(int=dice.getrandbits(128))}\ntenant: {uuid.UUID(int=dice.getrandbits(128))}\n",
    )
    yield (
        "package-lock",
        "package-lock.json",
        f'"node_modules/ms": {{\n  "version": "2.1.3",\n  "integrity": "sha512-{integrity}"\n}}\n',
    )
    yield "poetry.lock", "poetry.lock", f'files = [\n  {{file = "a.whl", hash = "sha256:{sha()}"}},\n]\n'
    yield (
        "requirements",
        "requirements.txt",
        f"django==6.1 \\\n    --hash=sha256:{sha()} \\\n    --hash=sha256:{sha()}\n",
    )
    yield "go.sum", "go.sum", f"github.com/pkg/errors v0.9.1 h1:{integrity[:43]}=\n"
    yield "script integrity", "index.html", f'<script src="/a.js" integrity="sha384-{integrity[:64]}"></script>\n'
    yield "image in base64", "README.md", f"![logo](data:image/png;base64,{image})\n"
    yield "font in base64", "style.css", f"src: url(data:font/woff2;base64,{image[:600]});\n"
    yield (
        "public key",
        "README.md",
        f"-----BEGIN PUBLIC KEY-----\n{image[:64]}\n{image[64:128]}\n-----END PUBLIC KEY-----\n",
    )
    yield "ssh public key", "authorized_keys", f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{integrity[:43]} kim@laptop\n"
    yield (
        "certificate",
        "ca.pem",
        f"-----BEGIN CERTIFICATE-----\n{image[:64]}\n{image[64:128]}\n-----END CERTIFICATE-----\n",
    )
    for number, value in enumerate(
        (
            "your-api-key-here", "<YOUR_API_KEY>", "${OPENAI_API_KEY}", "${{ secrets.OPENAI_API_KEY }}", "xxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "sk-" + "x" * 48, "sk-" + "your-key-here", "changeme", "REPLACE_ME_WITH_A_TOKEN", "****************", "...", "$(pass show openai)",
            "process.env.OPENAI_API_KEY", 'os.environ["OPENAI_API_KEY"]', "{{ vault.openai }}", "AKIA" + "IOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI/K7MDENG/bPxRfi" + "CYEXAMPLEKEY", "gh" + "p_" + "x" * 36, "not-needed", "test", "placeholder-token-for-docs",
        )
    ):  # fmt: skip
        yield f"placeholder {number} in env", ".env.example", f"# copy to .env\nOPENAI_API_KEY={value}\n"
        yield f"placeholder {number} in prose", "README.md", f'Set `"apiKey": "{value}"` in your settings.\n'
    yield "placeholder in address", "README.md", "DATABASE_URL=postgres://user:password@localhost:5432/app\n"
    yield "variables in address", "compose.yaml", "DATABASE_URL: postgres://${DB_USER}:${DB_PASSWORD}@db:5432/app\n"
    yield (
        "words about keys",
        "SKILL.md",
        "Rotate the api_key, the access token and the client secret every ninety days.\n",
    )
    yield (
        "key names",
        "schema.sql",
        "CREATE TABLE tokens (id bigint PRIMARY KEY, api_key_hash text NOT NULL, secret_name text);\n",
    )
    yield "key in code", "app.py", "cache_key = f'user:{user_id}:profile'\nsort_key = lambda item: item.created_at\n"
    yield "token counts", "manifest.yaml", "maxTokens: 32768\ncontextLength: 272000\ntokenizer: o200k_base\n"
    yield (
        "camel case",
        "App.ts",
        "const accessTokenProviderFactory = createAccessTokenProviderFactoryForTenant(tenantIdentifier);\n",
    )
    yield "css colours", "a.css", ":root { --accent: #a1b2c3; --deadbeef: #deadbeef; }\n"
    yield "trace id", "log.txt", f"traceparent: 00-{sha(32)}-{sha(16)}-01\n"
    yield "etag", "notes.md", f'ETag: "{sha(40)}"\nX-Request-Id: {uuid.UUID(int=dice.getrandbits(128))}\n'
    yield "ulid", "notes.md", f"run 01J{some(dice, '0123456789ABCDEFGHJKMNPQRSTVWXYZ', 23)} finished\n"
    yield "nanoid link", "notes.md", f"See https://docs.example.com/d/{some(dice, URLSAFE, 21)}/edit\n"
    yield "s3 key", "job.yaml", f"bucket: builds\nkey: artifacts/{sha(40)}/app.tar.gz\n"
    yield "stripe test", "README.md", "Use the publishable test key `pk_test_` followed by your own characters.\n"
    yield "recaptcha site key", "index.html", f'<div data-sitekey="6L{some(dice, URLSAFE, 38)}"></div>\n'
    yield "google analytics", "index.html", "gtag('config', 'G-1A2B3C4D5E');\n"
    yield (
        "minified",
        "a.min.js",
        "!function(e,t){" + ";".join(f"e.{some(dice, LETTERS, 3)}=t[{n}]" for n in range(60)) + "}(window,[]);\n",
    )
    yield (
        "random words",
        "prompt.md",
        " ".join(some(dice, string.ascii_lowercase, dice.randrange(3, 11)) for _ in range(200)) + "\n",
    )
    yield (
        "long identifier",
        "A.java",
        "String authenticationTokenRefreshIntervalInMilliseconds = properties.getAuthenticationTokenRefresh();\n",
    )
    yield (
        "regular expression",
        "scan.py",
        'TOKEN = re.compile(r"gh[pousr]_[A-Za-z0-9]{36}")\nKEY = re.compile(r"AKIA[0-9A-Z]{16}")\n',
    )
    yield "model name", "manifest.yaml", "model: claude-sonnet-4-6-20260219\napiKey: ${{ secrets.ANTHROPIC_API_KEY }}\n"
    yield "ipv6 and mac", "net.md", "fe80::1ff:fe23:4567:890a dev eth0 lladdr 02:42:ac:11:00:02\n"
    yield "jupyter id", "a.ipynb", f'"id": "{sha(8)}", "cell_type": "code", "execution_count": 12\n'
    yield "terraform lock", ".terraform.lock.hcl", f'hashes = [\n  "h1:{integrity[:43]}=",\n  "zh:{sha()}",\n]\n'
    yield "nix hash", "flake.lock", f'"narHash": "sha256-{integrity[:43]}=", "rev": "{sha(40)}"\n'
    yield "public wallet", "notes.md", f"Donations: 0x{sha(40)}\n"
