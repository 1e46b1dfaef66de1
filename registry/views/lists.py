"""Rows as lists show them."""

from registry.catalogue import light

__all__ = ["light"]
