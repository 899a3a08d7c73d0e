"""One start of a function in this process, for `initialisation.py`: processor milliseconds by cause, as JSON.

    python -S benchmarks/one_start.py bare
    python -S benchmarks/one_start.py report_runs.create [modules, as the start before has told them]

Without modules it tells those of other packages that the handler imports. With them, it imports these package by package
first, so that what is left is the handler's and our own package's. What several need counts for the first of them.
"""

import sys
import time

PYTHON = time.process_time()  # since the process began
# botocore loads these where they are installed, as here by other tools; in Lambda they are not.
sys.modules["awscrt"] = sys.modules["OpenSSL"] = sys.modules["certifi"] = None  # type: ignore[assignment]

PACKAGES = {
    "botocore": ("botocore", "boto3", "s3transfer", "jmespath", "urllib3", "dateutil"),
    "pydantic": ("pydantic", "pydantic_core", "annotated_types", "typing_inspection", "typing_extensions"),
    "powertools": ("aws_lambda_powertools",),
    "engine": ("duckdb", "_duckdb", "isal", "duckdb_extension_httpfs"),
}


def main(handler: str, modules: list[str]) -> dict[str, float] | list[str]:
    """Return the times, or the modules if none are given."""
    causes = {"python": PYTHON}
    began = time.process_time()

    def passed(cause: str) -> None:
        nonlocal began
        now = time.process_time()
        causes[cause] = (now - began) * 1000
        began = now

    if handler == "bare":
        import boto3  # noqa: PLC0415 - what is measured

        passed("botocore")
        boto3.client("dynamodb")
        passed("client")
        return causes
    import runsheet  # noqa: F401, PLC0415 - it sets the garbage collector, as it does in Lambda

    for cause, tops in PACKAGES.items():
        for module in modules:
            if module.partition(".")[0] in tops:
                __import__(module)
        passed(cause)
    if modules:
        from runsheet.runtime import clients  # noqa: PLC0415

        clients.dynamodb()
        passed("client")
    __import__(handler)
    passed("ours")
    if modules:
        return causes
    known = {top for tops in PACKAGES.values() for top in tops}
    return [name for name in sys.modules if name.partition(".")[0] in known]


if __name__ == "__main__":
    import json

    found = main(sys.argv[1], sys.argv[2].split(",") if len(sys.argv) > 2 else [])
    print(json.dumps(found))
