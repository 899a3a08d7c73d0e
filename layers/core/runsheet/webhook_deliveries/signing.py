"""The signature of a delivery (contracts: v1, section 4.3)."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def header(body: bytes, secrets: Sequence[str], *, at: int) -> str:
    """Return the value of Stripe-Signature: a signature by each secret, of the body and the time (unix seconds).

    The key is the whole secret, its prefix included. Receivers refuse a time that is over five minutes past, so each try
    is signed afresh.
    """
    signed = f"{at}.".encode() + body
    signatures = (hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets)
    return ",".join([f"t={at}", *(f"v1={signature}" for signature in signatures)])
