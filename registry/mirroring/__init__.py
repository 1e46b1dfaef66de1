"""Reads what upstreams offer: one module each. `READERS` says which."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from registry.domain.mirrors import Offered, Source
from registry.mirroring import hub, mcp
from registry.models import UpstreamKind

type Read = Callable[[str, str], Iterator[Source]]
type Fetch = Callable[[str, Source, Offered], Offered]

# What changed since a moment (an empty text: everything), one package after the other.
READERS: dict[str, Read] = {UpstreamKind.HUB: hub.changed, UpstreamKind.MCP_REGISTRY: mcp.changed}
# A version with its manifest.
FETCHERS: dict[str, Fetch] = {UpstreamKind.HUB: hub.fetched, UpstreamKind.MCP_REGISTRY: mcp.fetched}
