"""When a report is sent, and what period it is about. Local time exists here and nowhere else; no I/O."""

from __future__ import annotations

from typing import Literal

Frequency = Literal["daily", "weekly", "monthly"]
