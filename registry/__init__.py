"""Versioned packages of every kind: names, manifests, releases, search."""
