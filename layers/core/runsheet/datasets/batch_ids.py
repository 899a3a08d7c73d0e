"""Batch ids: what makes repeating a batch harmless."""

from __future__ import annotations

import re

from runsheet.errors import InvalidRequest

_BATCH_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}", re.ASCII)


def checked_batch_id(batch_id: str | None) -> str | None:
    """Return the batch id a loader chose, if any.

    Raises:
        InvalidRequest: it is not 1 to 128 letters, digits, dots, colons, hyphens and underscores.
    """
    if batch_id is not None and not _BATCH_ID.fullmatch(batch_id):
        raise InvalidRequest(
            "Invalid batch_id: must be 1 to 128 letters, digits, '.', ':', '-' and '_', and begin with a letter or digit.",
            param="batch_id",
        )
    return batch_id
