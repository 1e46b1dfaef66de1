"""Changes of packages and releases."""
