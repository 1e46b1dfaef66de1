"""What every API of the hub shares: authentication, errors, pages, limits, parsing."""
