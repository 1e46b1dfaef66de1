"""Plain Python: values and rules, no database and no framework."""
