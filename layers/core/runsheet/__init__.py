"""Runsheet: report runs, scheduled reports and usage exports in your own AWS account."""

import gc
import os

if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # What is imported stays: looking for garbage among it is a seventh of a cold start.
    # `runtime.observability.observed`, the last thing that a handler's module calls, turns it on again.
    gc.disable()
