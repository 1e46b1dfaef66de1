"""The registry's part of the REST API."""
