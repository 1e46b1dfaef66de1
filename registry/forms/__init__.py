"""Forms of the registry's pages, and how faults are shown at their fields."""
