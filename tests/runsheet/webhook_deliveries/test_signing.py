"""Signatures as the contract's own SDK verifies them (contracts: v1, section 4.3)."""

from __future__ import annotations

import time

import pytest
import stripe

from runsheet.ids import Origin
from runsheet.runtime import clock
from runsheet.webhook_deliveries import signing
from runsheet.webhook_endpoints.secrets import secret_of

BODY = '{"id":"evt_1","object":"event","data":{"object":{"error":"größer"}}}'.encode()


def verifies(header: str, secret: str, body: bytes = BODY) -> bool:
    return bool(stripe.WebhookSignature.verify_header(body.decode(), header, secret, 300))


def test_the_header_is_that_of_the_sdk_s_own_generator() -> None:
    secret, now = secret_of(Origin.fresh(clock.now())), int(time.time())
    theirs = stripe.WebhookSignature.generate_signature_header(BODY.decode(), secret, now)
    assert signing.header(BODY, [secret], at=now) == theirs
    assert verifies(signing.header(BODY, [secret], at=now), secret)


def test_each_of_two_secrets_verifies_while_one_replaces_the_other() -> None:
    fresh, previous, other = (
        secret_of(Origin.fresh(clock.now())),
        secret_of(Origin.fresh(clock.now())),
        secret_of(Origin.fresh(clock.now())),
    )
    header = signing.header(BODY, [fresh, previous], at=int(time.time()))
    assert header.count("v1=") == 2
    assert verifies(header, fresh)
    assert verifies(header, previous)
    with pytest.raises(stripe.SignatureVerificationError, match="No signatures found matching"):
        verifies(header, other)


def test_another_body_or_an_old_time_does_not_verify() -> None:
    secret, now = secret_of(Origin.fresh(clock.now())), int(time.time())
    with pytest.raises(stripe.SignatureVerificationError, match="No signatures found matching"):
        verifies(signing.header(BODY, [secret], at=now), secret, BODY + b" ")
    with pytest.raises(stripe.SignatureVerificationError, match="outside the tolerance"):
        verifies(signing.header(BODY, [secret], at=now - 310), secret)
