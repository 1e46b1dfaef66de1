"""Kinds of packages that this package adds to the registry."""
