"""The assistants' part of the REST API."""
