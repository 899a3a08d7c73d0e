"""Every error that a caller can meet, in one tree: a status, a stable code, a message, the field it is about.

RunsheetError
├── InvalidRequest        400
│   ├── SeveralProblems   400
│   ├── InvalidHeader     400
│   │   └── IdempotencyError
│   ├── PayloadTooLarge   413
│   └── UnsupportedMedia  415
├── AuthenticationFailed  401
├── PermissionDenied      403
├── NotFound              404
├── MethodNotAllowed      405
├── Conflict              409
│   └── KeyInUse          409
├── Gone                  410
├── TooManyRequests       429
└── Unavailable           503

The services raise them without knowing a dialect; `runtime.dialects` words them for the contract of the route.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


class RunsheetError(Exception):
    """An error that is the caller's to mend.

    Args:
        message: what is wrong and what is allowed, in the contract's words where it has some.
        param: the field it is about, as the caller wrote it (`parameters[interval_start]`).
        code: a stable machine-readable code; None stands for the class's own, "" for none.
        details: additional fields of the error object, beyond the contract.
    """

    status = 500
    code: str | None = None

    def __init__(
        self,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        details: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.code = code if code is not None else type(self).code
        self.details = details or {}


class InvalidRequest(RunsheetError):
    """The request cannot be carried out as it is."""

    status = 400


class SeveralProblems(InvalidRequest):
    """More than one thing is wrong with the request. A contract that tells of one tells of the first.

    Args:
        problems: at least one, in the order in which they are told.
    """

    def __init__(self, problems: Sequence[InvalidRequest]) -> None:
        first = problems[0]
        super().__init__(first.message, param=first.param, code=first.code, details=first.details)
        self.problems = tuple(problems)


class InvalidHeader(InvalidRequest):
    """A header cannot be honoured.

    Args:
        message: what is wrong and what is allowed.
        header: its name.
    """

    def __init__(self, message: str, *, header: str) -> None:
        super().__init__(message)
        self.header = header


class IdempotencyError(InvalidHeader):
    """The idempotency key was used for another request."""


class PayloadTooLarge(InvalidRequest):
    """The body is over the limit of its route."""

    status = 413


class UnsupportedMedia(InvalidRequest):
    """The body is in a form that this route does not read."""

    status = 415


class AuthenticationFailed(RunsheetError):
    """No key, or none that is in force."""

    status = 401


class PermissionDenied(RunsheetError):
    """The key is in force and may not do this."""

    status = 403


class NotFound(RunsheetError):
    """No such object in the caller's organisation and mode; the same for another organisation's object."""

    status = 404
    code = "resource_missing"


class MethodNotAllowed(RunsheetError):
    """The path is there, and takes another verb.

    Args:
        message: which verbs it takes.
        allowed: the same, as an Allow header has them.
    """

    status = 405

    def __init__(self, message: str, *, allowed: str) -> None:
        super().__init__(message)
        self.allowed = allowed


class Conflict(RunsheetError):
    """The request is at odds with what is stored."""

    status = 409


class KeyInUse(Conflict):
    """Another request of the same idempotency key is being carried out; the same request succeeds after it."""

    code = "idempotency_key_in_use"


class Gone(RunsheetError):
    """It existed, and has ended."""

    status = 410


class TooManyRequests(RunsheetError):
    """The key asks for more than its limit at this moment.

    Args:
        message: which limit, and what it is.
        retry_after: whole seconds, at least one, after which the same request may succeed.
    """

    status = 429
    code = "rate_limit"

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(RunsheetError):
    """AWS turned the call away for now; the same request may succeed in a moment."""

    status = 503


def missing(noun: str, object_id: str, *, param: str = "id") -> NotFound:
    """Return the contract's 404 for an object: "No such report_run: 'frr_x'" (contracts: v1, section 5)."""
    return NotFound(f"No such {noun}: '{object_id}'", param=param)
