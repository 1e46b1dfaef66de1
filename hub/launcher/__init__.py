"""`make up`: starts everything the hub needs on one machine, watches it, and stops it again.

Nothing here imports Django, so the parent stays small. `database` is also used by the settings and by the tests.
"""
