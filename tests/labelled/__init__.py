"""Texts of which somebody has said what is in them, to measure what checks find and what they find wrongly.

Written from the formats that vendors and the Unicode standard document, not from what any detector looks for. Keys are
made at run time out of a seeded generator: none is real, and no text in this folder looks like one.
"""
