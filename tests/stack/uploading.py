"""Records sent as a file, as a loader sends many."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Mapping

DATASET = "/v1/datasets/balance_transactions"


def uploaded(client: httpx.Client, body: bytes, form: str = "csv", **fields: str) -> dict[str, Any]:
    """Upload a file of balance transactions and wait for what becomes of it: return the upload."""
    answer = client.post(f"{DATASET}/uploads", data={"format": form} | fields)
    upload: Mapping[str, Any] = answer.raise_for_status().json()
    assert upload["status"] == "pending"
    httpx.put(upload["url"], content=body, headers=upload["headers"], timeout=60).raise_for_status()
    until = time.monotonic() + 120
    while time.monotonic() < until:
        upload = client.get(f"{DATASET}/uploads/{upload['id']}").raise_for_status().json()
        if upload["status"] not in {"pending", "processing"}:
            return dict(upload)
        time.sleep(0.05)
    raise AssertionError(f"still {upload['status']} after two minutes")
