"""The log and the metrics of every function, made once. Nothing here ever holds a key, a URL or a customer's row."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any, TypeVar, cast

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

# The level comes from POWERTOOLS_LOG_LEVEL in the environment.
logger = Logger(service="runsheet", utc=True)
metrics = Metrics(namespace="Runsheet", service="runsheet")

Handler = TypeVar("Handler", bound=Callable[[dict[str, Any], Any], Any])

__all__ = ["MetricUnit", "logger", "metrics", "observed"]


def observed(handler: Handler) -> Handler:
    """Wrap a Lambda handler: its log carries the invocation and nothing of the one before; metrics go out at the end."""
    gc.freeze()
    gc.enable()
    logged = logger.inject_lambda_context(handler, clear_state=True)
    return cast("Handler", metrics.log_metrics(logged, raise_on_empty_metrics=False))
