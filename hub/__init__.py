"""Foundation and project: settings, people, organizations, tokens, audit, and what every API and page shares.

Nothing is imported here: the launcher (`python -m hub.launcher`) stays small by never loading Django.
"""
