"""What the pages of accounts and organizations take from people."""
