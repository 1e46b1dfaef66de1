"""Importers: each format, secrets, and whatever else a file may hold."""
