"""Reading Git repositories of others: fetched over checked connections, bounded in every respect, never executed."""
