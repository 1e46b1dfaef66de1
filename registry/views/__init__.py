"""Pages: one service call each."""
