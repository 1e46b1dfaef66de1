"""MCP servers as `server.json` (the MCP registry's format, release 2025-12-11): read, checked, rendered, and derived."""
