"""What Continue's clients ask for (`cn` 1.5.45, the SDK, IDE extensions), at the site's root."""
