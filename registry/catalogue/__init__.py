"""Finding packages: one query object behind the pages, the API and the command line.

`find` gives rows for a list without words; `look` answers a whole search: a page, how many there are, and facets.
"""

from registry.catalogue.facets import Facet, Value
from registry.catalogue.looking import Results, Sample, facets, look
from registry.catalogue.queries import ORDERS, Search, find, light
from registry.catalogue.snippets import Part
from registry.catalogue.verified import verified_namespaces

__all__ = [
    "ORDERS", "Facet", "Part", "Results", "Sample", "Search", "Value", "facets", "find", "light", "look",
    "verified_namespaces"
]  # fmt: skip
