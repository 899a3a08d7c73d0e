"""A statement for Athena."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement for StartQueryExecution.

    Attributes:
        sql: Trino's, with a `?` for each parameter.
        parameters: the ExecutionParameters: for each `?` in order, the value as an SQL literal.
    """

    sql: str
    parameters: tuple[str, ...]
