"""MCP servers: tools that give context at run time and act."""

from dataclasses import replace
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from registry.domain import manifests
from registry.domain.manifests import Manifest
from registry.domain.servers import deriving, reading
from registry.kinds.base import Kind


def read(text: str, package_name: str) -> Manifest:
    """The manifest of one MCP server: a `server.json`, or a config.yaml with one item under `mcpServers`.

    Either way there is a `server.json` afterwards, unless that format cannot say how the server is started.
    """
    if reading.is_server_json(text):
        return reading.read(text, package_name)
    manifest = manifests.read_block(text, "mcpServers")
    item = manifest.value["mcpServers"][0]
    # The release fills in the name and the version under which it is published.
    return replace(manifest, document=deriving.document("", "", manifest.description, item))


MCP_SERVER = Kind(
    name="mcp-server",
    label=_("MCP server"),
    plural=_("MCP servers"),
    explanation=_("A tool that gives a model context and lets it act."),
    section="mcpServers",
    example=(Path(__file__).parent / "example.yaml").read_text(),
    read=read,
)
