"""Forms of the assistants' pages."""
