"""What every protocol of single sign-on may answer instead of a person."""

from __future__ import annotations


class Failed(Exception):
    """The provider did not say who the person is; the message says why, for people who set the connection up."""
