"""Resolving, locking and forking."""
