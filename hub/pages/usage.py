"""How somebody uses a package: the exact lines for a client, a manifest and a script."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from registry.kinds import KINDS
from registry.models import Release, Visibility

# The option with which `cn` takes one package of a kind; other kinds are used through an assistant.
CN_OPTIONS = {
    "rule": "--rule",
    "prompt": "--prompt",
    "mcp-server": "--mcp",
    "model": "--model",
    "assistant": "--config",
}


@dataclass(frozen=True)
class Way:
    """One way to use a package: what it does, and what to copy."""

    id: str
    explanation: str | Promise
    label: str | Promise
    text: str


def ways(release: Release) -> list[Way]:
    """The ways for this release's package, the usual one first."""
    package, kind = release.package, KINDS[release.package.kind]
    found = []
    if option := CN_OPTIONS.get(kind.name):
        found.append(
            Way(
                "use-cn",
                _("In the terminal, with cn 1.5.45:"),
                _("Terminal: cn"),
                client_command(f"{option} {package}"),
            )
        )
    address = f"{settings.BASE_URL}/api/v1"
    folder = f".agents/skills/{release.content['name']}"
    if kind.section:
        found.append(Way("use-uses", _("In an assistant’s manifest:"), "manifest.yaml", _uses(release, kind.section)))
        address += f"/packages/{package}/releases/{release.version}/manifest"
        found.append(
            Way(
                "use-curl",
                _("The manifest as it was published:"),
                _("Terminal: curl"),
                _curl(address, package.visibility),
            )
        )
    elif release.artifact_id:
        address += f"/packages/{package}/releases/{release.version}/archive"
        command = f"{_curl(address, package.visibility)} | tar -xz -C {folder}"
        explanation = _("The folder, for every client that reads Agent Skills:")
        found.append(Way("use-curl", explanation, _("Terminal: curl"), f"mkdir -p {folder} && {command}"))
    else:
        address += f"/assistants/{package}/bundle"
        explanation = _("Everything resolved, as one JSON document, for scripts and other clients:")
        found.append(Way("use-curl", explanation, _("Terminal: curl"), _curl(address, package.visibility)))
    return found


def client_command(arguments: str) -> str:
    """How `cn` is started against this hub. The base ends in a slash: without it the client loses part of a path."""
    # Without the third variable, cn 1.5.45 replaces itself by a version that knows no hub.
    return f"CONTINUE_API_BASE={settings.BASE_URL}/ CONTINUE_API_KEY=… CONTINUE_CLI_AUTO_UPDATED=1 cn {arguments}"


def _uses(release: Release, section: str) -> str:
    lines = [f"{section}:", f"  - uses: {release.package}@^{release.version}"]
    if release.inputs:
        lines += ["    with:", *(f"      {name}: …" for name in release.inputs)]
    return "\n".join(lines)


def _curl(address: str, visibility: str) -> str:
    key = "" if visibility == Visibility.PUBLIC else "-H 'Authorization: Bearer …' "
    return f"curl {key}{address}"
