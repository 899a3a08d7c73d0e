"""Prints, for each handler that is named, what importing it loads: python -m tests.functions.imported HANDLER …

What all of them need is imported once, then a process is forked for each: one by one they would take a minute.
"""

from __future__ import annotations

import importlib
import json
import os
import sys


def modules_of(handler: str) -> list[str]:
    """Return the modules that a fresh process has loaded once it has imported the handler."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        importlib.import_module(handler)
        with os.fdopen(writing, "w") as pipe:
            json.dump(sorted(sys.modules), pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    found: list[str] = json.loads(text)
    return found


if __name__ == "__main__":
    for common in ("botocore.session", "pydantic"):
        importlib.import_module(common)
    json.dump({handler: modules_of(handler) for handler in sys.argv[1:]}, sys.stdout)
