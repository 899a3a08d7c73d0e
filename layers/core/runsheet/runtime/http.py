"""The one entrypoint of HTTP: authenticates, decodes, calls, encodes, and words errors for the route's contract.

    @endpoint("GET /v1/things/{id}", permission="things_read")
    def handler(request: Request, query: ExpandQuery) -> Thing: ...

A parameter named `query` is decoded from the query string, one named `body` from the body (annotated with a `Model`: a
form or JSON, by the route's contract; `Model | None` where it may be left out) or handed over as it came (annotated
`bytes`). The answer is a model or a list of models (200, JSON), None (204) or a `Response`.
"""

from __future__ import annotations

import base64
import json
import os
import re
import time
from dataclasses import dataclass, field, replace
from functools import wraps
from types import NoneType
from typing import TYPE_CHECKING, Any, NamedTuple, get_args, get_type_hints

from botocore.exceptions import BotoCoreError, ClientError

from runsheet import ids
from runsheet.api_keys import acting, authentication, credential
from runsheet.errors import InvalidHeader, InvalidRequest, RunsheetError, Unavailable
from runsheet.ids import Origin
from runsheet.rate_limits import service as rate_limits
from runsheet.runtime import clients, clock
from runsheet.runtime.dialects import dialect_of
from runsheet.runtime.dialects.v1 import VERSION
from runsheet.runtime.model import Model
from runsheet.runtime.observability import MetricUnit, logger, metrics, observed
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runsheet.api_keys.model import ApiKey
    from runsheet.tenancy import Tenant

# A function's answer is cut off at 6 MB, in which a body's quotes are escaped.
_MAX_ANSWER_BYTES = 4_500_000
_VERSION_FORM = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(\.[a-z]{1,20})?(; ?[a-z0-9_=]{1,60}){0,5}", re.ASCII)
_MAX_IDEMPOTENCY_KEY = 255
_THROTTLED = frozenset({"ProvisionedThroughputExceededException", "SlowDown", "RequestLimitExceeded"})


@dataclass(frozen=True, slots=True)
class Request:
    """An authenticated request.

    Attributes:
        id: `req_…`, in the answer's Request-Id and in every log line.
        key: the API key.
        tenant: whose data the request is about: the key's, or that of the child organisation that it acts for.
        path: the path's parameters.
        headers: by lower-case name.
        base_url: scheme and host that the customer uses, without a slash at the end; never from the Host header.
        origin: what the ids of new objects come from; the same again if the request is carried out again.
    """

    id: str
    key: ApiKey
    tenant: Tenant
    path: Mapping[str, str]
    headers: Mapping[str, str]
    base_url: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Response:
    """An answer that is not plain JSON with 200. `body` is sent as it is."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Operation(NamedTuple):
    """What the OpenAPI document is made from."""

    route: str
    permission: str
    function: Callable[..., Any]
    hints: dict[str, Any]
    also_under: str = ""

    @property
    def method(self) -> str:
        """The verb of the route."""
        return self.route.split()[0]

    @property
    def path(self) -> str:
        """The path of the route."""
        return self.route.split()[1]

    @property
    def routes(self) -> list[str]:
        """The route, and the same one under the prefix where it stands as well."""
        method, path = self.route.split()
        return [self.route, f"{method} {self.also_under}{path}"] if self.also_under else [self.route]

    @property
    def models(self) -> dict[str, list[type[Model]]]:
        """The models that a hint names, by parameter or `return`: itself, in `Model | None` or in `list[Model]`."""
        return {
            name: [part for part in (hint, *get_args(hint)) if _is_model(part)]
            for name, hint in self.hints.items()
        }


def endpoint(
    route: str, *, permission: str, also_under: str = ""
) -> Callable[[Callable[..., Any]], Callable[[dict[str, Any], Any], dict[str, Any]]]:
    """Make a function the Lambda handler of `route`; a restricted key needs `permission` for it.

    `also_under` is a prefix (`/api`) under which the route stands as well, with an event of its own in the template.
    """

    def decorate(function: Callable[..., Any]) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
        operation = Operation(route, permission, function, get_type_hints(function), also_under)
        for models in operation.models.values():
            for model in models:
                model.model_rebuild()

        def operate(event: dict[str, Any], request_id: str) -> dict[str, Any]:
            headers = event.get("headers") or {}
            _check_headers(headers)
            key = authentication.authenticate(credential.parse(headers.get("authorization")))
            logger.append_keys(organisation=key.organisation_id, mode=key.mode, key=key.id)
            rate_limits.check(key, dialect_of(operation.path).NAME)
            tenant = acting.tenant_of(key, _account(headers))
            if tenant != key.tenant:
                logger.append_keys(account=tenant.organisation_id)
            key.check_allows(permission)
            path, origin = event.get("pathParameters") or {}, Origin.fresh(clock.now())
            request = Request(request_id, key, tenant, path, headers, _base_url(event), origin)
            arguments = _arguments(operation, event, headers)
            if operation.method == "POST" and headers.get("idempotency-key"):
                return _once(operation, request, arguments)
            return encode(function(request, **arguments))

        handler = wraps(function)(guarded(operate, route))
        handler.operation = operation  # type: ignore[attr-defined]
        return handler

    return decorate


def _once(operation: Operation, request: Request, arguments: dict[str, Any]) -> dict[str, Any]:
    """Carry a request with an idempotency key out, or give the answer that it got before.

    Of errors, a crash alone is an answer for good (contracts: v1, section 5): what was refused has done nothing, and
    what AWS turned away is worth another try.
    """
    from runsheet.idempotency import service as idempotency  # noqa: PLC0415 - reading routes start without it

    key = request.headers["idempotency-key"]
    if len(key) > _MAX_IDEMPOTENCY_KEY:
        raise InvalidHeader(
            f"Idempotency keys are at most {_MAX_IDEMPOTENCY_KEY} characters long.", header="Idempotency-Key"
        )
    fingerprint = idempotency.fingerprint(
        operation.route, request.path, arguments, _media_type(request.headers) or ""
    )
    entry = idempotency.begin(request.tenant, key, fingerprint, request.id)
    if entry.answer is not None:
        return idempotency.replayed(entry, entry.answer)
    try:
        result = operation.function(replace(request, origin=entry.origin), **arguments)
    except Exception as failure:  # noqa: BLE001 - whatever it is, it decides what becomes of the key
        error = _worded(failure)
        if error.status != 500:
            idempotency.let_go(entry, error)
            raise error from None
        answer = _in_dialect(error, operation.path, request.id)
    else:
        answer = encode(result)
    idempotency.keep(entry, answer)
    return answer


def unknown_route(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer what no route takes: 404 in the dialect of the prefix, for wrong verbs too."""

    def operate(event: dict[str, Any], _request_id: str) -> dict[str, Any]:
        method, path = _method_and_path(event)
        raise dialect_of(path).unknown_route(method, path)

    return guarded(operate, "unknown")(event, _context)


def guarded(
    operate: Callable[[dict[str, Any], str], dict[str, Any]],
    route: str,
    failed: Callable[[RunsheetError, str, str], dict[str, Any]] | None = None,
) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """Wrap an operation in request id, log, metrics and errors: the dialect's, or as `failed` words them."""

    @observed
    def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's own object
        started = time.perf_counter()
        request_id = ids.new_id("req", clock.now())
        method, path = _method_and_path(event)
        logger.append_keys(request=request_id, route=route)
        logger.set_correlation_id(event.get("requestContext", {}).get("requestId", ""))
        try:
            answer = operate(event, request_id)
        except Exception as failure:  # noqa: BLE001 - whatever it is, the caller gets the contract's own form
            answer = (failed or _in_dialect)(_worded(failure), path, request_id)
        answer["headers"] |= _contract_headers(event.get("headers") or {}, request_id)
        milliseconds = (time.perf_counter() - started) * 1000
        logger.info(
            "%s %s",
            method,
            answer["statusCode"],
            extra={"status": answer["statusCode"], "ms": round(milliseconds, 1)},
        )
        metrics.add_dimension("route", route)
        metrics.add_metric("Requests", MetricUnit.Count, 1)
        metrics.add_metric("ServerErrors", MetricUnit.Count, int(answer["statusCode"] >= 500))
        metrics.add_metric("Duration", MetricUnit.Milliseconds, milliseconds)
        return answer

    return handler


def _worded(failure: Exception) -> RunsheetError:
    match failure:
        case RunsheetError():
            return failure
        case ClientError() if _may_pass(failure):
            logger.warning("turned away by AWS", extra={"operation": failure.operation_name})
            return Unavailable("Too much is asked of the service at this moment. Try again shortly.")
        case BotoCoreError():
            logger.exception("AWS did not answer")
            return Unavailable("The service cannot answer at this moment. Try again shortly.")
        case _:
            logger.exception("unhandled error")
            return RunsheetError("An unexpected error occurred. It is logged under this request's id.")


def _in_dialect(error: RunsheetError, path: str, request_id: str) -> dict[str, Any]:
    status, headers, body = dialect_of(path).error(error, request_id)
    return _json(status, body, headers)


def _may_pass(failure: ClientError) -> bool:
    """Return whether AWS turned a call away for now: it throttles under several names, or answers 5xx."""
    code = failure.response.get("Error", {}).get("Code", "")
    status = failure.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status >= 500 or "Thrott" in code or code in _THROTTLED


def _check_headers(headers: Mapping[str, str]) -> None:
    version = headers.get("stripe-version")
    if version is not None and not _VERSION_FORM.fullmatch(version):
        raise InvalidHeader(
            f"Invalid Stripe API version: {version[:100]}. Use a date, such as {VERSION}.",
            header="Stripe-Version",
        )


def _account(headers: Mapping[str, str]) -> str | None:
    """Return the account to act for. The SDKs have two headers for it; of two that differ none can be right."""
    named = {headers[name] for name in ("stripe-account", "stripe-context") if name in headers}
    if len(named) > 1:
        raise InvalidHeader(
            "Stripe-Account and Stripe-Context name different accounts: send one of them.",
            header="Stripe-Account",
        )
    return named.pop() if named else None


def _arguments(operation: Operation, event: dict[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
    dialect = dialect_of(operation.path)
    arguments: dict[str, Any] = {}
    if "query" in operation.hints:
        arguments["query"] = dialect.query(operation.hints["query"], event.get("rawQueryString", ""))
    if "body" in operation.hints:
        hint, content = operation.hints["body"], _body(event)
        if hint is bytes:
            arguments["body"] = content
        elif not content and NoneType in get_args(hint):
            arguments["body"] = None
        else:
            arguments["body"] = dialect.body(operation.models["body"][0], content, _media_type(headers))
    return arguments


def _media_type(headers: Mapping[str, str]) -> str | None:
    content_type = headers.get("content-type")
    return None if content_type is None else content_type.partition(";")[0].strip().lower()


def _is_model(hint: object) -> bool:
    return isinstance(hint, type) and issubclass(hint, Model)


def _body(event: dict[str, Any]) -> bytes:
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(body).encode(errors="replace")  # half of a surrogate pair, which no client can send
    try:
        return base64.b64decode(body, validate=True)
    except ValueError:  # binascii.Error is one; characters outside ASCII are another
        raise InvalidRequest("The body cannot be read.") from None


def encode(answer: Model | list[Model] | Response | None) -> dict[str, Any]:
    """Return the gateway's form of an answer."""
    if answer is None:
        return {"statusCode": 204, "headers": {"Cache-Control": "no-store"}, "body": ""}
    if isinstance(answer, Response):
        return {
            "statusCode": answer.status,
            "headers": dict(answer.headers),
            "body": base64.b64encode(answer.body).decode(),
            "isBase64Encoded": True,
        }
    encoded = _json(200, _dumped(answer), {})
    if len(encoded["body"]) > _MAX_ANSWER_BYTES:
        raise InvalidRequest("The answer is too long to be sent: ask for less of it, by a filter or a limit.")
    return encoded


def _dumped(answer: Model | list[Model]) -> Any:  # noqa: ANN401 - what JSON holds
    if isinstance(answer, list):
        return [model.model_dump(mode="json", by_alias=True) for model in answer]
    return answer.model_dump(mode="json", by_alias=True)


def _json(status: int, body: Any, headers: Mapping[str, str]) -> dict[str, Any]:  # noqa: ANN401
    # Escaped to ASCII: a name may hold half of a surrogate pair, which no UTF-8 encoder takes.
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json", "Cache-Control": "no-store", **headers},
        "body": json.dumps(body, separators=(",", ":")),
    }


def _contract_headers(sent: Mapping[str, str], request_id: str) -> dict[str, str]:
    version = sent.get("stripe-version", "")
    echoed = {
        "Request-Id": request_id,
        "Stripe-Version": version if _VERSION_FORM.fullmatch(version) else VERSION,
    }
    key = sent.get("idempotency-key", "")
    if key and len(key) <= _MAX_IDEMPOTENCY_KEY and key.isascii() and key.isprintable():
        echoed["Idempotency-Key"] = key
    account = sent.get("stripe-account", "")
    if ids.plausible("org", account):
        echoed["Stripe-Account"] = account
    return echoed


def _method_and_path(event: dict[str, Any]) -> tuple[str, str]:
    return event.get("requestContext", {}).get("http", {}).get("method", "GET"), event.get("rawPath", "/")


def _base_url(event: dict[str, Any]) -> str:
    return settings().public_base_url or f"https://{event['requestContext']['domainName']}"


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # Every request needs it, and Lambda lends a full processor to what happens before the first one.
    clients.dynamodb()
