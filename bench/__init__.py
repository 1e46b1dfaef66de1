"""`python -m bench`: measures a real hub on this machine. docs/benchmarks.md says what and how."""
