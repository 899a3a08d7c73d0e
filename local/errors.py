"""What goes wrong with the local stack in ways that its user can mend."""

from __future__ import annotations


class LocalStackError(Exception):
    """A message for the user; shown without a traceback."""
