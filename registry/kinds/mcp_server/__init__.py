"""MCP servers: tools that give context at run time and act."""

from pathlib import Path

from django.utils.translation import gettext_lazy as _

from registry.domain import manifests
from registry.domain.manifests import Manifest
from registry.kinds.base import Kind


def read(text: str, package_name: str) -> Manifest:
    """The manifest of one mcp-server, which is a config.yaml with one item under `mcpServers`."""
    return manifests.read_block(text, "mcpServers")


MCP_SERVER = Kind(
    name="mcp-server",
    label=_("MCP server"),
    plural=_("MCP servers"),
    explanation=_("A tool that gives a model context and lets it act."),
    section="mcpServers",
    example=(Path(__file__).parent / "example.yaml").read_text(),
    read=read,
)
