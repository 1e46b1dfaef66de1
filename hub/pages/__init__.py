"""Pages that show things of several packages at once, and so may look at all of them."""
