"""Carry a request out once, however often it is sent (docs/decisions/2026-11-25-idempotency.md)."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from runsheet.errors import IdempotencyError, KeyInUse
from runsheet.idempotency import table
from runsheet.idempotency.model import HELD_SECONDS, Entry
from runsheet.ids import Origin
from runsheet.runtime import clock
from runsheet.runtime.model import Model
from runsheet.runtime.observability import logger

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runsheet.errors import RunsheetError
    from runsheet.tenancy import Tenant


def fingerprint(route: str, path: Mapping[str, str], arguments: Mapping[str, Any], media_type: str) -> str:
    """Return what tells one request from another: its route, its path's parameters and what it sends.

    The order of parameters makes no difference. A body that the route takes as bytes is compared as bytes, together
    with its media type.
    """
    sent = {name: _comparable(value, media_type) for name, value in arguments.items()}
    text = json.dumps([route, dict(path), sent], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def begin(tenant: Tenant, key: str, fingerprint: str, request_id: str) -> Entry:
    """Return the entry that the request is to be carried out for, or one with the answer that it got before.

    Who gets one without an answer carries it out with the entry's `origin`, and then calls `keep` or `let_go`.
    The arguments are what Entry says of them; `request_id` is this request's own.

    Raises:
        IdempotencyError: the key was used for another request.
        KeyInUse: the same request is being carried out.
    """
    now = clock.seconds()
    origin = Origin.fresh(clock.now())
    # Written without a look before: most keys are new, and a write that is refused brings what is there.
    entry = table.put(Entry(tenant, key, fingerprint, request_id, now + HELD_SECONDS, origin), now=now)
    if entry.fingerprint != fingerprint:
        raise IdempotencyError(
            "Keys for idempotent requests can only be used with the same parameters they were first used with. Try "
            f"using a key other than '{key}' if you meant to execute a different request.",
            header="Idempotency-Key",
        )
    if entry.answer is not None or entry.holder == request_id:
        return entry
    if entry.held_until <= now:
        taken = table.take_over(entry, request_id, held_until=now + HELD_SECONDS)
        if taken is not None:
            return taken
    raise KeyInUse(
        "There is currently another in-progress request using this Idempotent Key (that probably means you submitted "
        f"twice, and the other request is still going through): {key}. Please try again later."
    )


def replayed(entry: Entry, answer: dict[str, Any]) -> dict[str, Any]:
    """Return the answer that the request got before, marked as such."""
    logger.append_keys(replay_of=entry.holder)
    marks = {"Idempotent-Replayed": "true", "Original-Request": entry.holder}
    return answer | {"headers": answer["headers"] | marks}


def keep(entry: Entry, answer: dict[str, Any]) -> None:
    """Keep the answer (in the gateway's form) for repetitions of its request.

    The request has been carried out and must be answered, so nothing is raised. An answer that cannot be kept, or is
    too large to be, is made anew by the next repetition, out of the same objects.
    """
    try:
        if not table.complete(entry, answer, now=clock.seconds()):
            logger.warning("another request has taken this one over")
    except table.AnswerTooLargeError:
        logger.info("the answer is too large to be kept")
        _give_back(entry)
    except (BotoCoreError, ClientError):
        logger.exception("answer not kept")


def let_go(entry: Entry, error: RunsheetError) -> None:
    """Let a request be repeated whose `error` is no answer for good; nothing is raised.

    One that was refused has done nothing, so its key is free again. One that AWS turned away may have done its work,
    and so may one that was taken over: they keep their parameters and the ids of what they made.
    """
    if error.status >= 500 or entry.attempts > 1:
        _give_back(entry)
        return
    try:
        table.delete(entry)
    except (BotoCoreError, ClientError):
        logger.exception("idempotency key not freed")


def _give_back(entry: Entry) -> None:
    try:
        table.give_back(entry)
    except (BotoCoreError, ClientError):
        logger.exception("request not given back; it can be repeated when its time is over")


def _comparable(value: Model | bytes | None, media_type: str) -> Any:  # noqa: ANN401 - what JSON holds
    if isinstance(value, Model):
        return value.model_dump(mode="json", exclude_unset=True)
    return None if value is None else [media_type, hashlib.sha256(value).hexdigest()]
