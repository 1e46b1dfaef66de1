"""Why a repository cannot be read, in words for whoever connected it."""


class Unusable(Exception):
    """The repository cannot be read; the message says why and how to mend it, without quoting the other side."""


class Unreachable(Unusable):
    """The server does not answer, or not now. Trying again later may do."""


class TooLarge(Unusable):
    """The repository goes beyond a limit."""
