"""Composing, resolving, locking and forking assistants, and serving them to clients."""
