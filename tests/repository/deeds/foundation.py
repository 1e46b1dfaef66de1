"""Jobs and archives: parts of other deeds, and the hub's own book-keeping."""

PARTS = {
    # The deed that starts a job records itself; how far a job is, is no deed of anybody's.
    "jobs": {"actor_of", "progress", "register", "run", "send_through", "start", "sweep", "visible_to"},
    "artifacts": {"content_of", "files_of", "keep", "listing"},
}
