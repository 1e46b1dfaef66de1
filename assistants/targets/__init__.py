"""Targets: one module for each client's own format, in one dict. Adding one touches nothing else."""

from __future__ import annotations

from assistants.targets import (
    agents_md,
    claude_code,
    codex,
    continue_files,
    copilot_cli,
    cursor,
    gemini,
    junie,
    opencode,
    vscode_copilot,
    windsurf,
    zed,
)
from assistants.targets.base import Loss, Rendering, Severity, Target

_MODULES = (
    continue_files, claude_code, cursor, vscode_copilot, copilot_cli, codex, gemini, opencode, windsurf, zed, junie, agents_md,
)  # fmt: skip
TARGETS: dict[str, Target] = {module.TARGET.name: module.TARGET for module in _MODULES}

__all__ = ["TARGETS", "Loss", "Rendering", "Severity", "Target"]
