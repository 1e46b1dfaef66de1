"""Scans: what checks find in releases, which they never change."""

READING = {
    "drafts": {"draft"},
    "dependencies": {"of_release", "used"},
    "scans": {"due", "latest", "look", "popular_names", "subject"},
}
# `keep` is part of a publication; a scan with newer checks adds what they found, and is nobody's deed.
PARTS = {"scans": {"keep", "keep_first", "rescan", "rescan_due"}}
