"""The search's entries repeat what other deeds made, in their transactions: nothing of their own to record."""

READING = {"search_entries": {"rebuild", "add_missing", "tidy"}}
PARTS = {"search_entries": {"refresh", "of_new"}}
