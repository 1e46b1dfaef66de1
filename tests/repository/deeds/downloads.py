"""Counting downloads is nobody's deed: it says how often, and nothing of who."""

READING = {
    "downloads": {
        "today", "note", "write", "write_if_possible", "roll_up", "prune", "of_package", "of_release",
    },
}  # fmt: skip
