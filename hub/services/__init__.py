"""Services. Every change of more than one row: permission, validation, rows in one transaction, audit, work on commit."""
