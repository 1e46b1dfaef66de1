"""The OAuth 2.0 side of signing devices in: which clients there are, and what oauthlib has to know to speak for the hub."""
