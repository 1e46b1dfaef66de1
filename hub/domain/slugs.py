"""The grammar of namespace and package names, and the words that nobody may take.

Names travel through `owner/package@version`, secret names (`owner/package/SECRET`), file names and URLs of many
clients, so they keep to what all of those can carry.
"""

from __future__ import annotations

import re

NAMESPACE_MAX_LENGTH = 39
PACKAGE_MAX_LENGTH = 100
SLUG_PATTERN = r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?"
_SLUG = re.compile(SLUG_PATTERN)

# A Continue client takes anything with one of these in it for a file, never for a package.
FILE_SUFFIXES = (".yaml", ".yml", ".json")

# First path segments that the site uses or that clients ask for, and words that would mislead.
# A test compares this list with the URL configuration.
RESERVED_NAMESPACES = frozenset(
    """
    - .well-known about account accounts admin agents anonymous api assistants audit auth billing blog bundles
    compose contact continue continuedev dashboard default device devices docs download everyone explore
    favicon.ico feeds git health healthz help home hub ide identity imports internal invitations invite jobs legal
    local login logout mcp me metrics model-proxy models moderation new none notifications null o oauth official oidc
    onboarding org
    organization organizations orgs otel owner packages personal ping policies pricing privacy private prompts
    proxy public publish readyz registry resolve robots.txt root rules saml scim search security self service
    settings setup-models signin signup site sso staff static status support system t team teams terms token
    tokens tools transfer transfers undefined user users v0 v0.1 v1 v2 well-known www
    """.split()
)


class InvalidName(ValueError):
    """A name that cannot be used; the message says why and what would do."""


def normalize(text: str) -> str:
    """The form in which a name is stored and looked up: lower case, without surrounding blanks."""
    return text.strip().lower()


def check_namespace(slug: str) -> str:
    """Return `slug` if a person or an organization may take it, else raise InvalidName."""
    _check(slug, "A namespace", NAMESPACE_MAX_LENGTH)
    if slug in RESERVED_NAMESPACES:
        raise InvalidName(f"The name “{slug}” is reserved. Choose another one.")
    return slug


def check_package_name(name: str) -> str:
    """Return `name` if a package may have it, else raise InvalidName."""
    return _check(name, "A package name", PACKAGE_MAX_LENGTH)


def check_service_account_name(name: str) -> str:
    """Return `name` if a service account may have it, else raise InvalidName."""
    return _check(name, "A service account's name", NAMESPACE_MAX_LENGTH)


def check_team_name(name: str) -> str:
    """Return `name` if a team may have it, else raise InvalidName."""
    return _check(name, "A team's name", NAMESPACE_MAX_LENGTH)


def _check(text: str, what: str, longest: int) -> str:
    if len(text) < 2 or len(text) > longest:
        raise InvalidName(f"{what} has 2 to {longest} characters.")
    if not _SLUG.fullmatch(text):
        raise InvalidName(
            f"{what} has only lower-case letters, digits, “-”, “_” and “.”, and starts and ends with a letter or digit."
        )
    if suffix := next((suffix for suffix in FILE_SUFFIXES if suffix in text), None):
        raise InvalidName(f"{what} must not contain “{suffix}”: clients would take it for a file.")
    return text
