"""What a month of Runsheet costs, by service, and what the obvious alternatives would.

    python docs/costs.py --write                           # docs/costs.md anew; a test holds it against this
    python docs/costs.py --organisations 50 --configs 20 --runs-a-day 2 --result-rows 100000     # your own numbers

Calls of AWS come from the table that a test holds every function to (tests/functions/calls.py); the rest are the
assumptions below and list prices of us-east-1 without the free tier.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, fields, replace
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.functions.calls import AT_WORK, CALLS, ON_ATHENA  # noqa: E402 - after the path

DOCUMENT = ROOT / "docs" / "costs.md"
MARK = "<!-- From here on made by `python docs/costs.py --write`. -->\n"
DAYS, HOURS, MINUTES = 30.4, 730, 43_800  # of a month
MB, GB = 1e6, 1e9

# USD. Where each was read stands in the document.
PRICES = {
    "Lambda, a million requests": 0.20,
    "Lambda arm64, a GB-second": 0.0000133334,
    "Lambda, a GB-second of disk over 512 MB": 0.0000000309,
    "HTTP API, a million requests of 512 KB": 1.00,
    "DynamoDB, a million write units": 0.625,
    "DynamoDB, a million read units": 0.125,
    "DynamoDB, a GB-month": 0.25,
    "DynamoDB, a GB-month of point-in-time recovery": 0.20,
    "S3, a thousand PUTs": 0.005,
    "S3, a thousand GETs": 0.0004,
    "S3, a GB-month": 0.023,
    "SQS, a million requests": 0.40,
    "EventBridge, a million events": 1.00,
    "EventBridge Scheduler, a million invocations": 1.00,
    "Athena, a TB scanned": 5.00,
    "SES, a thousand mails": 0.10,
    "SES, a GB of attachments": 0.12,
    "CloudWatch, a GB of logs taken in": 0.50,
    "CloudWatch, a GB-month of logs": 0.03,
    "CloudWatch, a metric": 0.30,
    "CloudWatch, an alarm": 0.10,
    "Secrets Manager, a secret": 0.40,
    "Transfer out, a GB": 0.09,
    "Fargate arm64, a vCPU-hour": 0.03238,
    "Fargate arm64, a GB-hour": 0.00356,
    "Load balancer, an hour": 0.0225,
    "RDS PostgreSQL db.r8g, a vCPU-hour in one zone": 0.1195,
    "RDS gp3, a GB-month in one zone": 0.115,
}


@dataclass(frozen=True)
class Workload:
    """What the bill depends on; every number may be given on the command line.

    Attributes are of a month and an organisation, where they do not say otherwise.
    """

    organisations: int = 1_000
    configs: int = 100
    sends_of_a_config: float = 4.35  # weekly
    recipients: int = 2
    runs_a_day: float = 10  # asked for over the API
    polls_of_a_run: int = 4
    records: int = 1_000_000
    records_in_a_batch: int = 1_000
    months_kept: int = 24  # of records
    months_read: int = 1  # by a run
    files_of_a_run: int = 10
    requests_of_a_file: int = 30  # a file of many megabytes is read in ranges, column by column
    batches_in_a_compaction: int = 20
    records_rewritten: int = 250_000  # by a compaction: half of a file of the newest records
    webhooks_of_a_run: float = 1
    result_rows: int = 5_000
    months_of_results: int = 12
    bytes_of_a_record: int = 68  # Parquet, measured
    bytes_of_a_row: int = 218  # CSV, measured
    attached_share: float = 0.5  # of mails; the others carry a link, which half of the recipients open
    api_milliseconds: int = 40  # billed for a request, a share of cold starts included
    worker_slowness: float = 2  # of Lambda against the machine that was measured
    rows_read_a_second: int = 2_800_000  # measured, two processors
    rows_written_a_second: int = 860_000  # measured, two processors
    records_rewritten_a_second: int = 80_000  # measured, two busy processors
    keys_read_a_second: int = 4_000_000  # of all files by a compaction: 20 bytes a key at 75 MB/s
    rows_of_athena: int = 200_000_000  # records of one run that is too large for a worker
    megabytes_a_second: int = 75  # what a Lambda sends to S3
    log_bytes: int = 2_000  # of an invocation, Lambda's own lines included

    @property
    def scheduled(self) -> float:
        """Runs of configs in a month, of all organisations."""
        return self.organisations * self.configs * self.sends_of_a_config

    @property
    def asked(self) -> float:
        """Runs asked for over the API in a month, of all organisations."""
        return self.organisations * self.runs_a_day * DAYS

    @property
    def runs(self) -> float:
        """All runs in a month."""
        return self.scheduled + self.asked

    @property
    def batches(self) -> float:
        """Batches of records in a month."""
        return self.organisations * self.records / self.records_in_a_batch

    @property
    def compactions(self) -> float:
        """Compactions in a month; organisations that send little at a time have as many as hours, at the most."""
        return self.batches / self.batches_in_a_compaction

    @property
    def compaction_seconds(self) -> float:
        """Billed for a compaction: it rewrites the newest file, and looks for what came in the keys of all."""
        rewritten = self.records_rewritten / self.records_rewritten_a_second
        keys = self.records * self.months_kept / self.keys_read_a_second
        return self.worker_slowness * (0.5 + rewritten) + keys

    @property
    def mails(self) -> float:
        """Mails in a month."""
        return self.scheduled * self.recipients

    @property
    def result_bytes(self) -> int:
        """Of the result of a run."""
        return self.result_rows * self.bytes_of_a_row

    @property
    def run_seconds(self) -> float:
        """Billed for a run: half a second around the engine, then reading and writing."""
        read = self.records * self.months_read / self.rows_read_a_second
        return self.worker_slowness * (0.5 + read + self.result_rows / self.rows_written_a_second)


@dataclass(frozen=True)
class Use:
    """How often a function is called in a month, and what a call takes beside AWS calls."""

    function: str
    times: float
    calls: dict[str, int]
    megabytes: int = 884
    seconds: float = 0.04
    route: bool = True


def uses(load: Workload) -> list[Use]:
    """Return what is called in a month: what customers ask for, what follows from it, and what runs by the clock."""
    api = load.api_milliseconds / 1000

    def route(function: str, times: float, seconds: float = api, megabytes: int = 884) -> Use:
        return Use(function, times, CALLS[function], megabytes, seconds)

    def worker(function: str, times: float, seconds: float, megabytes: int = 884) -> Use:
        return Use(function, times, AT_WORK.get(function, CALLS[function]), megabytes, seconds, route=False)

    opened = load.mails * (1 - load.attached_share) * 0.5
    return [
        route("ReportRunsCreateFunction", load.asked),
        route("ReportRunsRetrieveFunction", load.asked * load.polls_of_a_run),
        route("FilesContentsFunction", load.asked, seconds=0.2, megabytes=1769),
        route("DatasetRecordsCreateFunction", load.batches, seconds=0.3, megabytes=1769),
        route("LinksRetrieveFunction", opened),
        worker("DispatchDueFunction", MINUTES / 15, 0.1),
        # A claim is a part of a call: 25 of them are one transaction. Counted here as if each were alone.
        worker("DispatchShardFunction", load.scheduled, 0.001, 1769),
        worker("SweepFunction", MINUTES, 0.15),
        worker("GenerateReportFunction", load.runs, load.run_seconds, 3538),
        worker("CompactDatasetFunction", load.compactions, load.compaction_seconds, 3538),
        worker("AnnounceFunction", load.runs, 0.1),
        worker("SendWebhookFunction", load.runs * load.webhooks_of_a_run, 0.5),
        worker("SendEmailFunction", load.mails, 0.3),
        worker("NoteMailEventFunction", load.mails * 2, 0.05),  # sent, delivered
    ]


def write_units(use: Use) -> float:
    """Return the DynamoDB write units of a call: an item of 2 KB and an index entry, twice that in a transaction."""
    counted = 1 if use.route and use.calls.get("dynamodb:UpdateItem") else 0  # of requests: small, no index
    plain = sum(use.calls.get(f"dynamodb:{name}", 0) for name in ("PutItem", "UpdateItem", "DeleteItem"))
    return counted + 3 * (plain - counted) + 6 * use.calls.get("dynamodb:TransactWriteItems items", 0)


def read_units(use: Use) -> float:
    """Return the DynamoDB read units of a call: strongly consistent, up to 4 KB an item and 8 KB a page."""
    get, query, batch = (
        use.calls.get(f"dynamodb:{name}", 0) for name in ("GetItem", "Query", "BatchGetItem")
    )
    return get + 2 * query + 10 * batch


def bill(load: Workload) -> dict[str, float]:
    """Return USD a month by service."""
    price, made = PRICES, uses(load)
    invoked = sum(use.times for use in made)
    gb_seconds = sum(use.times * use.seconds * use.megabytes / 1024 for use in made)
    requests = sum(use.times for use in made if use.route)
    writes = sum(use.times * write_units(use) for use in made)
    reads = sum(use.times * read_units(use) for use in made)
    puts = sum(use.times * use.calls.get("s3:PutObject", 0) for use in made)
    gets = sum(use.times * use.calls.get("s3:GetObject", 0) for use in made)
    (compacting,) = [use for use in made if use.function == "CompactDatasetFunction"]
    # Beside those for the new files: three ranges of each file that may hold one of their keys.
    asked = sum(compacting.calls[f"s3 by duckdb:{kind}"] for kind in ("HEAD", "GET"))
    gets += compacting.times * (asked + 4 * load.records * load.months_kept / (2 * load.records_rewritten))
    gets += (
        load.runs * load.files_of_a_run * load.requests_of_a_file + load.mails * (1 - load.attached_share) / 2
    )
    sent = sum(use.times * use.calls.get("sqs:SendMessageBatch items", 0) for use in made)
    sent += 2 * load.mails + load.compactions
    control = (load.runs * 3_500 + load.mails * 1_500) * load.months_of_results / GB
    lake = load.organisations * load.records * load.bytes_of_a_record * load.months_kept / GB
    results = load.runs * load.result_bytes * load.months_of_results / GB
    attached = load.mails * load.attached_share * load.result_bytes * 1.37 / GB  # base64
    out = (load.asked + load.mails * (1 - load.attached_share) / 2) * load.result_bytes / GB
    logs = (invoked + requests * 0.15) * load.log_bytes / GB
    disk = load.runs * load.run_seconds * 9.5 * price["Lambda, a GB-second of disk over 512 MB"]
    return {
        "Lambda": invoked / 1e6 * price["Lambda, a million requests"]
        + gb_seconds * price["Lambda arm64, a GB-second"]
        + disk,
        "API Gateway": requests / 1e6 * price["HTTP API, a million requests of 512 KB"],
        "DynamoDB requests": writes / 1e6 * price["DynamoDB, a million write units"]
        + reads / 1e6 * price["DynamoDB, a million read units"],
        "DynamoDB storage": control
        * (price["DynamoDB, a GB-month"] + price["DynamoDB, a GB-month of point-in-time recovery"]),
        "S3 requests": puts / 1e3 * price["S3, a thousand PUTs"] + gets / 1e3 * price["S3, a thousand GETs"],
        "S3 storage, records": lake * price["S3, a GB-month"],
        "S3 storage, results": results * price["S3, a GB-month"],
        # A message is sent, received and deleted; five pollers of each of seven queues ask every 20 s.
        "SQS": (3 * sent + 7 * 5 * 3 * MINUTES) / 1e6 * price["SQS, a million requests"],
        "EventBridge": load.runs / 1e6 * price["EventBridge, a million events"],
        "SES": load.mails / 1e3 * price["SES, a thousand mails"]
        + attached * price["SES, a GB of attachments"],
        "CloudWatch": logs
        * (price["CloudWatch, a GB of logs taken in"] + price["CloudWatch, a GB-month of logs"])
        + 3 * len(CALLS) * price["CloudWatch, a metric"]
        + 8 * price["CloudWatch, an alarm"],
        "Data transfer": out * price["Transfer out, a GB"],
        "Secrets Manager": price["Secrets Manager, a secret"],
    }


def on_athena(load: Workload) -> dict[str, float]:
    """Return USD of one itemized run on Athena, by what it is paid for; its result is kept as any."""
    price = PRICES
    result = load.rows_of_athena * load.bytes_of_a_row
    scanned = load.rows_of_athena * load.bytes_of_a_record
    sending = result / (load.megabytes_a_second * MB)
    calls = [Use(name, 1, calls, route=False) for name, calls in ON_ATHENA.items()]
    ranges = result / (16 * 1024 * 1024)
    return {
        "the query, by the bytes it scans": scanned / 1e12 * price["Athena, a TB scanned"],
        "two workers, the second of which sends the result": (3 + sending)
        * 3538
        / 1024
        * price["Lambda arm64, a GB-second"],
        "the result in S3, twice for a day": ranges / 1e3 * price["S3, a thousand GETs"]
        + 2 * ranges * 2 / 1e3 * price["S3, a thousand PUTs"]
        + result / GB * price["S3, a GB-month"] / DAYS,
        "calls of DynamoDB": sum(
            write_units(use) * price["DynamoDB, a million write units"]
            + read_units(use) * price["DynamoDB, a million read units"]
            for use in calls
        )
        / 1e6,
    }


def scheduler_per_config(load: Workload) -> tuple[float, float]:
    """Return USD a month of one EventBridge schedule for each config, and of our dispatcher in its place."""
    dispatching = [use for use in uses(load) if use.function.startswith("Dispatch")]
    ours = sum(
        use.times
        * (
            write_units(use) / 1e6 * PRICES["DynamoDB, a million write units"]
            + read_units(use) / 1e6 * PRICES["DynamoDB, a million read units"]
            + use.seconds * use.megabytes / 1024 * PRICES["Lambda arm64, a GB-second"]
        )
        for use in dispatching
    )
    # The schedule calls a function that stores and queues the run: the claim's writes stay, but for the config's own.
    theirs = (
        load.scheduled
        / 1e6
        * (
            PRICES["EventBridge Scheduler, a million invocations"]
            + PRICES["Lambda, a million requests"]
            + 6 * PRICES["DynamoDB, a million write units"]
        )
        + load.scheduled * 0.04 * 884 / 1024 * PRICES["Lambda arm64, a GB-second"]
    )
    return theirs, ours


def records_in_dynamodb(load: Workload) -> tuple[float, float]:
    """Return USD a month of records as items that each run queries, and of our lake in their place."""
    size = 300  # bytes of an item, names of attributes included
    kept = load.organisations * load.records * load.months_kept * size / GB
    units_read = load.runs * load.records * load.months_read * size / 4096 / 2  # eventually consistent
    theirs = (
        load.organisations * load.records / 1e6 * PRICES["DynamoDB, a million write units"]
        + kept * PRICES["DynamoDB, a GB-month"]
        + units_read / 1e6 * PRICES["DynamoDB, a million read units"]
    )
    lake = load.organisations * load.records * load.bytes_of_a_record * load.months_kept / GB
    by_name = {use.function: use for use in uses(load)}
    batch, compacting = by_name["DatasetRecordsCreateFunction"], by_name["CompactDatasetFunction"]
    read = load.runs * load.files_of_a_run * load.requests_of_a_file / 1e3 * PRICES["S3, a thousand GETs"]
    ours = (
        lake * PRICES["S3, a GB-month"]
        + read
        + batch.times / 1e3 * PRICES["S3, a thousand PUTs"]
        + sum(
            use.times * write_units(use) / 1e6 * PRICES["DynamoDB, a million write units"]
            for use in (batch, compacting)
        )
        + compacting.times * compacting.seconds * 3538 / 1024 * PRICES["Lambda arm64, a GB-second"]
    )
    return theirs, ours


def containers(load: Workload) -> tuple[float, float]:
    """Return USD a month of containers with a scheduler over PostgreSQL in two zones, and of ours without what is the same.

    Both mail by SES, keep results in S3 and send them out; a row of a table with its index is taken as 300 bytes.
    """
    scale = max(1.0, load.organisations / 1_000)
    rows_gb = load.organisations * load.records * load.months_kept * 300 / GB
    vcpus = 8 * scale
    database = 2 * (
        vcpus * HOURS * PRICES["RDS PostgreSQL db.r8g, a vCPU-hour in one zone"]
        + rows_gb * PRICES["RDS gp3, a GB-month in one zone"]
    )
    task = 2 * PRICES["Fargate arm64, a vCPU-hour"] + 4 * PRICES["Fargate arm64, a GB-hour"]
    theirs = database + 4 * scale * HOURS * task + HOURS * PRICES["Load balancer, an hour"]
    same = {"SES", "S3 storage, results", "Data transfer", "CloudWatch"}
    return theirs, sum(usd for service, usd in bill(load).items() if service not in same)


def text(load: Workload) -> str:
    """Return the tables for a workload and for ten times its organisations, with what they were made from."""
    ten = replace(load, organisations=load.organisations * 10)
    one, more = bill(load), bill(ten)
    total, total_more = sum(one.values()), sum(more.values())
    services = [[service, f"{one[service]:,.0f}", f"{more[service]:,.0f}"] for service in one]
    services += [
        ["**all**", f"**{total:,.0f}**", f"**{total_more:,.0f}**"],
        ["of an organisation", f"{total / load.organisations:.2f}", f"{total_more / ten.organisations:.2f}"],
        ["of a thousand runs", f"{1000 * total / load.runs:.2f}", f"{1000 * total_more / ten.runs:.2f}"],
    ]
    instead = [
        [name, *(f"{usd:,.0f}" for each in (load, ten) for usd in compared(each))]
        for name, compared in _ALTERNATIVES.items()
    ]
    volume = (
        f"{load.runs:,.0f} runs ({load.scheduled:,.0f} of configs), {load.mails:,.0f} mails and {load.batches:,.0f} "
        f"batches of records a month; a run is billed for {load.run_seconds:.1f} s."
    )
    assumed = [[f"`--{_option(each.name)}`", f"{getattr(load, each.name):,}"] for each in fields(load)]
    prices = [[name, f"{price:.10f}".rstrip("0").rstrip(".")] for name, price in PRICES.items()]
    return "\n".join(
        [
            *_table(
                ["USD a month", f"{load.organisations:,} organisations", f"{ten.organisations:,}"], services
            ),
            volume + "\n",
            *_table(["alternative, USD a month", "it", "ours", "it, ten times", "ours"], instead),
            *_table(
                [f"a run of {load.rows_of_athena:,} records on Athena", "USD"],
                [[name, f"{usd:.4f}"] for name, usd in on_athena(load).items()],
            ),
            "## Assumptions\n",
            *_table(["option", "value"], assumed),
            "## Prices\n",
            *_table(["us-east-1", "USD"], prices),
        ]
    )


_ALTERNATIVES = {
    "containers, a scheduler, PostgreSQL in two zones; ours: all that they replace": containers,
    "a schedule for each config; ours: the dispatcher": scheduler_per_config,
    "records in DynamoDB, a Query for each run; ours: the lake": records_in_dynamodb,
}


def _table(heads: list[str], rows: list[list[str]]) -> list[str]:
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return [*(f"| {' | '.join(cells)} |" for cells in lines), ""]


def _option(name: str) -> str:
    return name.replace("_", "-")


def document(load: Workload) -> str:
    """Return docs/costs.md with its tables made anew."""
    return DOCUMENT.read_text().partition(MARK)[0] + MARK + "\n" + text(load)


def main() -> None:
    """Print the tables, or write them into docs/costs.md."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true", help="make docs/costs.md anew; takes no numbers")
    for each in fields(Workload):
        parser.add_argument(f"--{_option(each.name)}", type=type(each.default), default=each.default)
    chosen = vars(parser.parse_args())
    if chosen.pop("write"):
        DOCUMENT.write_text(document(Workload()))
    else:
        sys.stdout.write(text(Workload(**chosen)))


if __name__ == "__main__":
    main()
